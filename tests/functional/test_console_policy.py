"""The headers by which every page of the console restricts itself and others."""

from consent_console.pages import asset_path
from tests.functional.console_pages import OWNER, Console, Shown

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
HEADERS = {
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


def nonces(shown: Shown) -> set[str]:
    """Return the nonces of the page's scripts, and of what htmx may act upon."""
    return {each[name] for each in shown.html for name in ("nonce", "hx-nonce") if name in each}


def test_a_page_runs_its_own_scripts_alone_and_no_site_frames_it(console: Console) -> None:
    owner = console.person(OWNER)
    pages = [
        owner.get("/widgets/43/look"),
        owner.get("/widgets/9"),
        console.stranger().post("/widgets", {"label": "x"}),
    ]
    assert [each.status for each in pages] == [200, 404, 401]
    for shown in pages:
        (nonce,) = nonces(shown)
        assert shown.headers == {**HEADERS, "content-security-policy": POLICY.format(nonce=nonce)}
        assert not [each for each in shown.html if "style" in each or each.tag == "style"]
        assert not [each for each in shown.html.all("script") if "src" not in each]
        first, second, *_ = shown.html.all("script")
        assert (first["src"], second["src"]) == (asset_path("htmx.min.js"), asset_path("hx-csp.min.js"))
        assert first.attributes.keys() == second.attributes.keys() == {"src", "nonce"}  # neither waits for the other


def test_no_two_answers_have_the_same_nonce(console: Console) -> None:
    owner = console.person(OWNER)
    seen = [nonces(owner.get("/")) for _ in range(3)]
    assert len(set.union(*seen)) == len(seen)
