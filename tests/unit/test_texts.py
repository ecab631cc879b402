"""The texts that visitors read: one small markup, one form of it, and what is built in."""

import html
import re
from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.publishing import texts
from local import ROOT

ONLY = "is not allowed: only links, <b>, <strong>, <i>, <em>, <br>, <p>, <ul>, <ol> and <li>; write &lt; for <"
NO_TARGET = "a link must start with https://, or with / for a page of the site"
NO_ATTRIBUTE = "may have no attribute but the href of a link"

PIECES = st.sampled_from(
    [
        *("<b>", "</b>", "<I>", "</i >", "<strong>", "</strong>", "<em>", "</em>", "<br>", "<BR/>", "</a>", "<script>"),
        *("<p>", "</p>", "<ul><li>", "</li></ul>", "<OL>", "<li>", "</li>", "</ol>", '<a href="/notice">'),
        *('<a href="https://shop.example/?a=1&b=2">', "<A HREF='https://shop.example/?a&amp;amp;b' target='_blank'>"),
        *("&", "&amp;", "&amp;lt;", "&lt;b&gt;", "&#32;", "&nbsp;", "&am", "p;", "<", ">", '"', "'", " ", "\n", "é"),
    ]
)
MARKUP = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)


def refusal(text: str) -> str:
    with pytest.raises(ValueError, match=r".") as refused:
        texts.rich(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("", ""),
        ("  Plain words.\n", "Plain words."),
        ("Bread & butter", "Bread &amp; butter"),
        ("Bread &amp; butter", "Bread &amp; butter"),
        ("&amp;amp;", "&amp;amp;"),
        ("2 > 1 < 3", "2 &gt; 1 &lt; 3"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&eacute;t&#233;", "été"),
        ("&nbsp;words&#32;", "words"),
        ("\"double\" and 'single'", "\"double\" and 'single'"),
        ("<B>bold</B> <Strong>x</STRONG>", "<b>bold</b> <strong>x</strong>"),
        ("<i><em>nested</em></i>", "<i><em>nested</em></i>"),
        ("a<br>b<br/>c<BR />d</br>e", "a<br>b<br>c<br>d<br>e"),
        ('<a href="https://shop.example">x</a>', '<a href="https://shop.example">x</a>'),
        ("<A HREF = 'https://shop.example'>x</A>", '<a href="https://shop.example">x</a>'),
        ('<a href="https://x.example" target="_blank" rel="noopener">x</a>', '<a href="https://x.example">x</a>'),
        ('<a href="https://x.example/?a=1&copy=2">x</a>', '<a href="https://x.example/?a=1&amp;copy=2">x</a>'),
        ('<a href="https://x.example/?a=1&amp;b=2">x</a>', '<a href="https://x.example/?a=1&amp;b=2">x</a>'),
    ],
)
def test_a_text_is_published_in_one_form(written: str, published: str) -> None:
    assert texts.rich(written) == published


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<script>alert(1)</script>", f"<script> {ONLY}"),
        ("<scr<b>ipt>", f"<scr {ONLY}"),
        ("<img src=x onerror=alert(1)>", f"<img src=x onerror=alert(1)> {ONLY}"),
        ("<svg/onload=alert(1)>", f"<svg/onload=alert(1)> {ONLY}"),
        ("<iframe src='https://evil.test/a-long-way-down'>", f"<iframe src='https://evil.test/a-long-wa {ONLY}"),
        ("<style>*{}</style>", f"<style> {ONLY}"),
        ("<!-- hidden -->", f"<!-- hidden --> {ONLY}"),
        ("<![CDATA[x]]>", f"<![CDATA[x]]> {ONLY}"),
        ("<?php x ?>", f"<?php x ?> {ONLY}"),
        ("<>", f"<> {ONLY}"),
        ("<b", f"<b {ONLY}"),
        ("< b>x</b>", f"< b> {ONLY}"),
        ("<bold>x</bold>", f"<bold> {ONLY}"),
        ("<ſtrong>x</strong>", f"<ſtrong> {ONLY}"),
        ("<ı>x</i>", f"<ı> {ONLY}"),
        ("<İ>x</i>", f"<İ> {ONLY}"),
        ("<b onclick=alert(1)>x</b>", f"<b> {NO_ATTRIBUTE}"),
        ("<b class='x'>x</b>", f"<b> {NO_ATTRIBUTE}"),
        ("<b href='https://x.example'>x</b>", f"<b> {NO_ATTRIBUTE}"),
        ("<a onclick='x' href='https://x.example'>x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a href='https://x.example' style='x'>x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a data-href='https://x.example'>x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a href=https://x.example>x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a href=\"https://x.example' onclick='y\">x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a href='https://x.example\" onclick=\"y'>x</a>", f"<a> {NO_ATTRIBUTE}"),
        ("<a>x</a>", NO_TARGET),
        ("<a href=''>x</a>", NO_TARGET),
        ("<a href='javascript:alert(1)'>x</a>", NO_TARGET),
        ("<a href='JaVaScRiPt:alert(1)'>x</a>", NO_TARGET),
        ("<a href='java&#115;cript:alert(1)'>x</a>", NO_TARGET),
        ("<a href='https&colon;//x.example'>x</a>", NO_TARGET),
        ("<a href='data:text/html,x'>x</a>", NO_TARGET),
        ("<a href='http://x.example'>x</a>", NO_TARGET),
        ("<a href='//x.example'>x</a>", NO_TARGET),
        ("<a href='privacy.html'>x</a>", NO_TARGET),
        ("<li>x</li>", "<li> must lie in <ul> or <ol>"),
        ("<ol>x</ol>", "<ol> may hold <li> only"),
        ("<ul><b>x</b></ul>", "<ul> may hold <li> only"),
        ("<p>x<p>y</p></p>", "<p> cannot lie in <p>"),
        ("<b><ul></ul></b>", "<ul> cannot lie in <b>"),
        ("<p class='x'>x</p>", f"<p> {NO_ATTRIBUTE}"),
        ("<a href=' https://x.example'>x</a>", NO_TARGET),
        ("<b>x", "<b> is not closed"),
        ("<b><i>x</i>", "<b> is not closed"),
        ("x</b>", "</b> closes nothing"),
        ('<a href="https://a.example"><b><a href="https://b.example">x</a></b></a>', "a link cannot lie in a link"),
        ("<b><i>x</b></i>", "</b> closes nothing"),
        ("half \ud83d", "it holds half a character (a lone surrogate)"),
        ("x" * 5_001, "must have at most 5,000 characters"),
        ("&" * 1_001, "must have at most 5,000 characters, and & < > count as &amp; &lt; &gt;"),
    ],
)
def test_hostile_or_broken_markup_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


@pytest.mark.parametrize("text", ["x" * 5_000, "&" * 1_000])
def test_the_longest_text_is_accepted(text: str) -> None:
    assert len(texts.rich(text)) == 5_000


@given(MARKUP)
def test_publishing_a_published_text_again_changes_nothing(text: str) -> None:
    try:
        published = texts.rich(text)
    except ValueError:
        return
    assert texts.rich(published) == published


@given(MARKUP)
def test_a_published_text_has_only_the_allowed_markup(text: str) -> None:
    try:
        published = texts.rich(text)
    except ValueError:
        return
    tag = r'</?(?:b|strong|i|em|p|ul|ol|li)>|<br>|</a>|<a href="(?:https:/)?/[^"<>\s]+">'
    between = re.sub(tag, "", published)
    assert not set("<>") & set(between)
    assert html.escape(html.unescape(between), quote=False) == between


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example:8443/a/b?c=d#e",
        "https://[2001:db8::1]/",
        "https://shop.example/~x/%20/;p=1,2",
        "HTTPS://shop.example",
    ],
)
def test_a_link_to_the_web_is_accepted_as_it_is(url: str) -> None:
    assert texts.https_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "shop.example", "https:", "https://", "https:///path", "https://:443", "http://shop.example", "ftp://x"),
        *("https://me@shop.example", "https://me:pw@shop.example", "https://@shop.example", "https://x:99999/"),
        *("https://[2001:db8::1", "https://x:port/", 'https://x.example/"', "https://x.example/<b>", "https://x y"),
        *("https://x.example\\@evil.test", "https://é.example", "https://x.example/\n", "javascript:https://x.example"),
        "https://x.example/" + "x" * 2_048,
    ],
)
def test_an_address_that_is_not_an_https_link_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a URL that starts with https://$"):
        texts.https_url(url)


@pytest.mark.parametrize(
    ("written", "published"),
    [(" Accept ", "Accept"), ("1 < 2 & 3", "1 < 2 & 3"), ("I <3 it", "I <3 it"), ("x" * 5_000, "x" * 5_000)],
)
def test_a_label_is_published_without_the_space_around_it(written: str, published: str) -> None:
    assert texts.plain(written) == published


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must not be empty"),
        (" \n", "must not be empty"),
        ("x" * 5_001, "must have at most 5,000 characters"),
        ("<b>x</b>", "must be a plain label, without markup"),
        ("x</b>", "must be a plain label, without markup"),
        ("<!-- x", "must be a plain label, without markup"),
        ("\udc00", "it holds half a character (a lone surrogate)"),
    ],
)
def test_an_invalid_label_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        texts.plain(text)
    assert str(refused.value) == sentence


def test_markup_has_its_place_in_disclaimers_excerpts_and_descriptions_only() -> None:
    def takes_markup(name: str) -> bool:
        try:
            return texts.checked(name, "<b>x</b>") == "<b>x</b>"
        except ValueError:
            return False

    categories = ("Necessary", "Preference", "Analytical", "Marketing", "Other", "Unclassified", "IAB")
    assert {name for name in texts.names() if takes_markup(name)} == {
        "startupDisclaimer",
        "innerDisclaimer",
        "cookieDeclaration",
        *(f"category{category}{part}" for category in categories for part in ("Excerpt", "Description")),
    }


@pytest.mark.parametrize("block", ["<p>x</p>", "<ul><li>x</li></ul>", "<ol></ol>"])
def test_the_line_that_opens_the_cookies_has_no_paragraphs(block: str) -> None:
    assert texts.checked("startupDisclaimer", block) == block
    with pytest.raises(ValueError, match=r"^must be one line, without paragraphs or lists$"):
        texts.checked("cookieDeclaration", block)


def test_the_names_are_those_of_the_contract() -> None:
    contract = """
        buttonBackLabel buttonCloseLabel buttonAcceptLabel buttonSettingsLabel buttonViewPurposeLabel
        buttonConfirmLabel buttonAcceptAllLabel buttonLaterLabel buttonViewMoreLabel buttonYes buttonNo
        noticeUrlButtonLabel startupTitle startupDisclaimer innerTitle innerDisclaimer cookieDeclaration viewProof
        successMessage failureMessage fixedButtonLabel alwaysActiveLabel activeCountLabel privacyPolicyLabel
        sessionLabel underADayLabel untilDeletedLabel newWindowLabel frameTitle frameText frameOnceLabel
        frameAlwaysLabel signalHonouredLabel controllerLabel dataProtectionOfficerLabel receiptDateLabel
        receiptSiteLabel receiptReferenceLabel receiptCopyLabel receiptCopiedLabel receiptDownloadLabel acceptedLabel
        refusedLabel notRefusedLabel declarationCookieLabel declarationDurationLabel declarationPurposeLabel
        declarationStateLabel declarationUpdatedLabel
    """
    categories = ("Necessary", "Preference", "Analytical", "Marketing", "Other", "Unclassified", "IAB")
    parts = ("Label", "Excerpt", "Description")
    assert texts.names() == {
        *contract.split(),
        *(f"category{category}{part}" for category in categories for part in parts),
    }


UNION = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
"""The official languages of the European Union (Regulation No 1/1958 as amended, Article 1)."""

OTHERS = "ar ca fa he hi id is ja ko nb pt-BR ru th tr uk vi zh zh-TW"


def test_the_built_in_languages_are_those_of_the_union_and_eighteen_more() -> None:
    assert sorted(texts.BUILT_IN_LANGUAGES) == sorted(f"{UNION} {OTHERS}".split())


@pytest.mark.parametrize("language", texts.BUILT_IN_LANGUAGES)
def test_the_built_in_texts_are_complete_and_in_their_published_form(language: str) -> None:
    built_in = texts.built_in(language)
    assert built_in.keys() == texts.names()
    assert {name: texts.checked(name, text) for name, text in built_in.items()} == built_in


@pytest.mark.parametrize("language", texts.BUILT_IN_LANGUAGES)
def test_placeholders_and_facts_are_those_of_the_english_texts(language: str) -> None:
    def placeholders(built_in: Mapping[str, str]) -> dict[str, set[str]]:
        return {name: set(re.findall(r"{\w+}", text)) for name, text in built_in.items()}

    built_in = texts.built_in(language)
    assert placeholders(built_in) == placeholders(texts.built_in("en"))
    assert re.search("180|۱۸۰", built_in["innerDisclaimer"])
    assert not re.search("[\"'<>&\u200e\u200f\u202a-\u202e\u2066-\u2069]|  ", "".join(built_in.values()))


@pytest.mark.parametrize("language", texts.BUILT_IN_LANGUAGES)
def test_no_two_buttons_have_the_same_words(language: str) -> None:
    names = ("buttonAcceptAllLabel", "buttonLaterLabel", "buttonSettingsLabel", "buttonConfirmLabel", "buttonBackLabel")
    assert len({texts.built_in(language)[name] for name in (*names, "buttonCloseLabel")}) == len(names) + 1


@pytest.mark.parametrize(("one", "other"), list(combinations(texts.BUILT_IN_LANGUAGES, 2)))
def test_no_sentence_was_copied_from_another_language(one: str, other: str) -> None:
    sentences = {
        name: text for name, text in texts.built_in(one).items() if name.endswith(("Disclaimer", "Description"))
    }
    assert {name for name, text in sentences.items() if text == texts.built_in(other)[name]} == set()


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("pt-BR", "pt-BR"),
        ("pt-AO", "pt"),
        ("zh-HK", "zh-TW"),
        ("zh-SG", "zh"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("eo", "en"),
        ("f", "en"),
        ("", "en"),
    ],
)
def test_a_language_reads_the_texts_of_its_relative_or_its_base(language: str, spoken: str) -> None:
    assert texts.spoken(language) == spoken


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fa-IR", "rtl"), ("he", "rtl"), ("fr", "ltr")])
def test_a_language_has_a_direction(language: str, direction: str) -> None:
    assert texts.direction(language) == direction


# --- Placeholders -----------------------------------------------------------------------------------------------------


def test_the_placeholders_are_those_that_the_sdk_fills() -> None:
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "sdk" / "src").glob("*.js"))

    assert {*re.findall(r"fill\(translation\.(\w+),", sources)} == texts.PLACEHOLDERS.keys()


@pytest.mark.parametrize("language", texts.BUILT_IN_LANGUAGES)
def test_no_built_in_text_has_wrong_placeholders(language: str) -> None:
    built_in = texts.built_in(language)

    assert {name: said for name in built_in if (said := texts.wrong_placeholders(name, built_in[name]))} == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("activeCountLabel", "{total}: {count}", ""),
        ("activeCountLabel", "On", "{count} and {total} are missing"),
        (
            "privacyPolicyLabel",
            "{ name }",
            "{name} is missing; the window has no value for { name }, so visitors read the braces",
        ),
        ("frameText", "For {purpose} of {name}", ""),
        ("frameAlwaysLabel", "Always", ""),
        ("startupTitle", "{a}{b}{a}", "the window has no value for {a}, {b}, so visitors read the braces"),
        ("startupTitle", "{not closed", ""),
    ],
)
def test_placeholders_of_a_text(name: str, text: str, said: str) -> None:
    assert texts.wrong_placeholders(name, text) == said
