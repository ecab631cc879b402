"""How many visitors "Ask everybody again" asks: the page that counts them, and its place on the page Publish."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import boto3
import pytest

from consent_console import people
from consent_console.people import Action
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.publishing import changes, drafts
from consent_core.statistics import archived as counting
from tests.functional.console_pages import OWNER, VIEWER, Browser, Console, Shown
from tests.functional.test_consent_statistics import Clock
from tests.functional.test_console_statistics import ago, today
from tests.functional.test_evidence import made, replace_id

PAGE, PUBLISH = "/widgets/45/publish/asked-again", "/widgets/45/publish"
LONG_AGO = 200


@pytest.fixture
def owner(console: Console, archive: Archive) -> Browser:
    """The browser of an owner. Widget 45 was published 200 days ago."""
    publish(console)
    return console.person(OWNER)


def days_ago(days: int) -> datetime:
    return datetime.combine(today() - timedelta(days=days), time(), UTC)


def publish(console: Console, days: int = LONG_AGO, **members: object) -> None:
    changed = replace_id(45).model_copy(update=members)
    changes.publish(console.tables.widgets, changed, actor="test", now=days_ago(days), confirmed=True)


def version(console: Console) -> str:
    live = console.tables.widgets.live(45)
    assert live is not None
    return live.version_key


def decision(console: Console, consent: str, day: str, **members: object) -> dict[str, Any]:
    """A decision of widget 45, in the version that is live now, which lasts until tomorrow."""
    named = {"id": f"{consent} {day}", "consentId": consent, "date": f"{day}T00:00:00.000Z"}
    return made(version(console), **{**named, "dateExpiration": f"{ago(-1)}T00:00:00.000Z", **members})


def keep(archive: Archive, day: str, *decisions: dict[str, Any], lane: int = 0) -> None:
    Lane(archive, lane).append(45, day, [archived(each, f"e{each['id']}") for each in decisions])


def number(shown: Shown) -> str:
    return shown.html.one(id="asked-again").text


def test_each_valid_consent_counts_once(console: Console, owner: Browser, archive: Archive) -> None:
    keep(archive, ago(181), decision(console, "too old", ago(181)))
    keep(archive, ago(180), decision(console, "a", ago(180)), decision(console, "b", ago(180)))
    keep(archive, ago(3), decision(console, "ended", ago(3), dateExpiration=f"{ago(1)}T00:00:00.000Z"))
    keep(archive, ago(1), decision(console, "a", ago(1)))
    keep(archive, ago(1), decision(console, "a", ago(1)), decision(console, "c", ago(1)), lane=1)
    keep(archive, ago(0), decision(console, "c", ago(0), action="RefuseAll"))

    shown = owner.get(PAGE)

    assert (shown.status, number(shown)) == (200, "3 visitors")
    assert shown.html.one("head").one("title").text == "How many are asked again · Shop · Consent console"
    assert "If everybody is asked again now, that is 3 visitors . How they are counted" in shown.text
    assert "last asked again" not in shown.text
    assert shown.html.one("a", href=PUBLISH, aria_current="true").text == "Publish"
    assert [each.text for each in shown.html.all("a", href=PUBLISH)] == ["Publish", "Back to Publish"]
    assert [each for each in ("too old", "CRM-42") if each in shown.body] == []


def test_a_decision_before_everybody_was_last_asked_again_does_not_count(
    console: Console, owner: Browser, archive: Archive
) -> None:
    keep(archive, ago(9), decision(console, "a", ago(9)))
    keep(archive, ago(5), decision(console, "b", ago(5)))  # on the same day, in the version before
    changes.raise_renewal(console.tables.widgets, 45, actor="test", now=days_ago(5))
    keep(archive, ago(5), decision(console, "c", ago(5)))
    publish(console, 2, renewal=1, bg_color="#ffffff")
    keep(archive, ago(1), decision(console, "d", ago(1)))

    shown = owner.get(PAGE)

    assert number(shown) == "2 visitors"
    assert f"or if it was made before everybody was last asked again, on {ago(5)}." in shown.text


def test_one_visitor_is_said_as_one_and_a_large_number_can_be_read(
    console: Console, owner: Browser, archive: Archive
) -> None:
    keep(archive, ago(180), decision(console, "a", ago(180)))
    assert number(owner.get(PAGE)) == "1 visitor"

    keep(archive, ago(1), *(decision(console, f"{each}", ago(1)) for each in range(1_233)))
    assert number(owner.get(PAGE)) == "1,234 visitors"


def test_without_a_decision_the_number_is_zero(owner: Browser) -> None:
    assert number(owner.get(PAGE)) == "0 visitors"


def test_an_archive_that_begins_later_is_said(console: Console, owner: Browser, archive: Archive) -> None:
    keep(archive, ago(7), decision(console, "a", ago(7)))

    shown = owner.get(PAGE)

    assert number(shown) == f"1 visitor since {ago(7)}"
    assert "The archive has nothing of this widget from before that day." in shown.text


def test_an_archive_as_old_as_the_widget_is_complete(console: Console, archive: Archive) -> None:
    publish(console, 7)
    keep(archive, ago(7), decision(console, "a", ago(7)))

    assert number(console.person(OWNER).get(PAGE)) == "1 visitor"


def test_days_for_which_there_was_no_time_are_said(
    console: Console, owner: Browser, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(archive, ago(180), decision(console, "a", ago(180)))
    keep(archive, ago(4), decision(console, "b", ago(4)), decision(console, "c", ago(4)))
    keep(archive, ago(2), decision(console, "c", ago(2)))
    monkeypatch.setattr(counting, "time", Clock(0, 1, 19, 20))

    shown = owner.get(PAGE)

    assert number(shown) == f"at least 2 visitors since {ago(4)}"
    assert f"Days before {ago(4)} were not counted: there was not time enough." in shown.text


def test_a_day_that_is_too_large_leaves_the_number_open(
    console: Console, owner: Browser, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(archive, ago(2), decision(console, "a", ago(2)))
    monkeypatch.setattr(counting, "time", Clock(0, 20))

    shown = owner.get(PAGE)

    assert (shown.status, number(shown)) == (200, "more visitors than can be counted in time")


def test_a_damaged_object_makes_it_a_lower_bound(console: Console, owner: Browser, archive: Archive) -> None:
    keep(archive, ago(180), decision(console, "a", ago(180)))
    key = f"proofs/widget=45/date={ago(1)}/lane=1/0000000001.ndjson.gz"
    boto3.client("s3").put_object(Bucket="archivebucket", Key=key, Body=b"?")

    shown = owner.get(PAGE)

    assert number(shown) == "at least 1 visitor"
    assert "1 object of the archive could not be read." in shown.text
    assert key not in shown.body


def test_a_widget_that_keeps_no_proofs_has_more_visitors_than_are_known(
    console: Console, owner: Browser, archive: Archive
) -> None:
    keep(archive, ago(180), decision(console, "a", ago(180)))
    publish(console, 1, save_consent_proof=False)

    shown = owner.get(PAGE)

    assert number(shown) == "at least 1 visitor"
    assert "The widget keeps no proofs, so decisions are missing." in shown.text


def test_a_clock_that_was_fast_does_no_harm(console: Console, owner: Browser, archive: Archive) -> None:
    changes.raise_renewal(console.tables.widgets, 45, actor="test", now=days_ago(-2))
    keep(archive, ago(0), decision(console, "a", ago(0)))

    assert number(owner.get(PAGE)) == "1 visitor"


def test_a_widget_that_was_never_published_has_no_number(console: Console, archive: Archive) -> None:
    drafts.create(console.tables.widgets, "New", "https://new.example", ["en"], actor="test", now=days_ago(0))

    shown = console.person(OWNER).get("/widgets/45/publish/asked-again")

    assert (shown.status, shown.html.all(id="asked-again")) == (200, [])
    assert "The widget was never published: no visitor has decided." in shown.text


def test_an_unknown_widget_has_no_number(console: Console, archive: Archive) -> None:
    assert console.person(VIEWER).get("/widgets/99/publish/asked-again").status == 404


# --- On the page Publish ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["with a draft", "without a draft"])
def beside(request: pytest.FixtureRequest, console: Console, owner: Browser) -> str:
    """The id of the sentence beside "Ask everybody again"."""
    if request.param == "without a draft":
        return "f-renew"
    by: dict[str, Any] = {"actor": "test", "now": days_ago(0), "expected": None}
    drafts.save_part(console.tables.widgets, 45, {"position": "TopLeft"}, **by)
    return "f-renew-hint"


def test_the_number_takes_the_place_of_the_link_beside_the_choice(owner: Browser, beside: str) -> None:
    shown = owner.get(PUBLISH)

    sentence = shown.html.one(id=beside)
    assert "sees the window once more on the next page. How many they are: count them ." in sentence.text
    link = sentence.one("a")
    nonce = shown.html.one("head").all("script")[0]["nonce"]
    assert link.attributes == {
        "href": PAGE,
        "hx-get": PAGE,
        "hx-trigger": "load",
        "hx-select": "#asked-again",
        "hx-status:4xx": "swap:none",
        "hx-status:5xx": "swap:none",
        "hx-nonce": nonce,
    }


def test_a_person_who_may_not_count_gets_the_sentence_alone(
    owner: Browser, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "ROLES", {OWNER: frozenset({Action.SEE, Action.EDIT})})

    shown = owner.get(PUBLISH)

    assert "sees the window once more on the next page." in shown.html.one(id=beside).text
    assert "How many" not in shown.text
    assert shown.html.all("a", href=PAGE) == []
    assert owner.get(PAGE).status == 403
