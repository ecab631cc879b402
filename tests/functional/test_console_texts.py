"""The pages of a widget's languages and texts, and the file of texts for translators."""

import base64
import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_console import sheets
from consent_console.editor import descriptions
from consent_console.editor.text_groups import GROUPS, LABELS
from consent_console.editor.texts import progress_of
from consent_console.serving import COOKIE
from consent_core import shapes
from consent_core.catalogue import Purpose
from consent_core.publishing import drafts, lint, texts
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members
from tests.functional.console_pages import HOST, OWNER, VIEWER, Browser, Console, Shown, event_of, multipart
from tests.handlers import invoked

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
TEXTS = "/widgets/43/texts/fr"
THIRTY = ("en", *[each for each in texts.BUILT_IN_LANGUAGES if each != "en"][:26], "eu", "sq", "fr-BE")
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@x",
    "'=1",
    "''-x",
    "'tis",
    '"quoted", and; more\tso',
    "one\ntwo\n\n=three",
    "مرحبا, بك",
    "👋🏽 é\u0301",
    "\u202eabc\u200b",
    "\ufeffmark",
    ";;;,,,",
)


def put(console: Console, languages: tuple[str, ...] = ("en", "fr"), **part: object) -> None:
    """Begin a draft of widget 43 in these languages, with one service and these members."""
    stated = {"languages": [*languages], "translations": {}, "services": ["matomo"], **part}
    drafts.save_part(console.tables.widgets, 43, stated, actor="test", now=NOW)


def kept(console: Console) -> dict[str, Any]:
    """Return the definition of the draft."""
    found: dict[str, Any] = json.loads(drafts.read(console.tables.widgets, 43).definition)
    return found


def upload(console: Console, browser: Browser, parts: Mapping[str, bytes | str]) -> Shown:
    """Send the form with a file, as a browser does and API Gateway passes it on."""
    kind, body = multipart(parts)
    headers = {"host": HOST, "sec-fetch-site": "same-origin", "content-type": kind}
    route, variables = "POST /widgets/{id}/texts/{culture}/csv", {"id": "43", "culture": "fr"}
    event = event_of(route, variables, "POST", f"{TEXTS}/csv", headers=headers, cookies=[f"{COOKIE}={browser.cookie}"])
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    module = console.functions["console_editor"]
    answer, printed = invoked(module.handler, event, module.TELEMETRY)
    return Shown(answer["statusCode"], answer["headers"], answer["body"], printed.log)


@pytest.fixture
def owner(console: Console) -> Browser:
    return console.person(OWNER)


# --- The fields -------------------------------------------------------------------------------------------------------


def test_every_text_is_in_one_group() -> None:
    listed = [name for group in GROUPS for name in group.labels]

    assert sorted(listed) == sorted(texts.names())


def test_every_language_and_text_is_one_field(console: Console, owner: Browser) -> None:
    """The purposes of services alone: those of other purposes are never shown."""
    put(console, THIRTY, enableGPC=True, controller={"name": "Shop"})
    never = {
        f"category{purpose}{part}"
        for purpose in ("IAB", *(each.label for each in Purpose if each is not Purpose.ANALYTICAL))
        for part in ("Label", "Excerpt", "Description")
    }

    for language in ("en", "fr-BE", "sq"):
        fields = owner.get(f"/widgets/43/texts/{language}").html.one(id="part").fields
        assert fields.pop("draft") == ["1"]
        assert fields == {f"translations.{language}.{name}": [""] for name in texts.names() - never}


def test_a_page_of_thirty_languages_is_small(console: Console, owner: Browser) -> None:
    written = {name: f"{text} (ours)" for name, text in texts.built_in("en").items()}
    everything = ["matomo", "youtube", *({"name": n, "slug": n.lower(), "purpose": n} for n in ("Preference", "Other"))]
    put(console, THIRTY, translations=dict.fromkeys(THIRTY, written), services=everything, enableGPC=True)

    sizes = {each: len(owner.get(f"/widgets/43/texts/{each}").body.encode()) for each in ("en", "ar", "hi", "fr-BE")}

    assert {each: size for each, size in sizes.items() if size >= 100_000} == {}
    assert len(owner.get("/widgets/43/languages").body.encode()) < 100_000


def test_a_field_has_the_reference_above_it_and_the_built_in_text_in_it(console: Console, owner: Browser) -> None:
    put(console, ("en", "ar"), translations={"en": {"startupTitle": "Our cookies"}})

    page = owner.get("/widgets/43/texts/ar").html

    field = page.one(id="f-translations.ar.startupTitle")
    assert (field["placeholder"], field.value) == (texts.built_in("ar")["startupTitle"], "")
    assert (field["lang"], field["dir"]) == ("ar", "auto")
    reference = page.one(id="f-translations.ar.startupTitle-ref")
    assert (reference.text, reference["lang"]) == ("Our cookies", "en")
    assert field["aria-describedby"].split() == [reference["id"]]


def test_a_regional_language_shows_what_its_base_language_has(console: Console, owner: Browser) -> None:
    put(console, ("en", "fr-BE"), translations={"fr": {"startupTitle": "Nos cookies"}})

    field = owner.get("/widgets/43/texts/fr-BE").html.one(id="f-translations.fr-BE.startupTitle")

    assert field["placeholder"] == "Nos cookies"
    assert owner.get(TEXTS).html.one(id="f-translations.fr.startupTitle").value == "Nos cookies"


def test_the_texts_begin_with_the_first_language(console: Console, owner: Browser) -> None:
    put(console, ("fr", "en"))

    assert owner.get("/widgets/43/texts").location == TEXTS
    assert owner.get("/widgets/43/texts/de").status == 404


# --- Saving -----------------------------------------------------------------------------------------------------------


def test_saving_without_a_change_changes_nothing(console: Console, owner: Browser) -> None:
    own = {"startupTitle": "A\nB", "startupDisclaimer": "<p>x</p>\n<p>y</p>", "categoryOtherLabel": "hidden"}
    put(console, translations={"fr": own, "en": {"buttonNo": "Nope"}})
    before = kept(console)

    answer = owner.saves(TEXTS, {})

    assert answer.location == f"{TEXTS}?said=saved"
    assert kept(console) == before


def test_an_empty_field_is_the_built_in_text_again(console: Console, owner: Browser) -> None:
    put(console, translations={"fr": {"buttonNo": "Non !"}, "en": {"buttonNo": "Nope"}})

    owner.saves(TEXTS, {"translations.fr.buttonNo": " "})

    assert kept(console)["translations"] == {"en": {"buttonNo": "Nope"}}


def test_faults_stand_at_their_fields(console: Console, owner: Browser) -> None:
    put(console)

    typed = {"translations.fr.buttonNo": "<b>Non</b>", "translations.fr.innerDisclaimer": "<script>"}
    answer = owner.saves(TEXTS, typed)

    assert answer.status == 422
    page = answer.html
    faulty = [each["name"] for each in page if each.attributes.get("aria-invalid") == "true"]
    assert sorted(faulty) == sorted(typed)
    assert page.one(id="f-translations.fr.buttonNo-fault").text == "Must be a plain label, without markup."
    assert sorted(each["href"] for each in page.one(id="faults").all("a")) == [f"#f-{name}" for name in sorted(typed)]
    assert page.one(id="part").fields["translations.fr.innerDisclaimer"] == ["<script>"]
    assert kept(console)["translations"] == {}


def test_a_second_author_is_told_and_loses_nothing(console: Console, owner: Browser) -> None:
    put(console)
    form = owner.get(TEXTS).html.one(id="part")
    owner.saves(TEXTS, {"translations.fr.buttonYes": "Oui !"})

    answer = owner.post(form["action"], {**form.fields, "translations.fr.buttonNo": "Non !"})

    assert answer.status == 409
    assert "You have saved this draft elsewhere" in answer.text
    assert answer.html.one(id="part").fields["translations.fr.buttonNo"] == ["Non !"]
    assert kept(console)["translations"] == {"fr": {"buttonYes": "Oui !"}}


def test_a_viewer_cannot_save(console: Console) -> None:
    put(console)
    viewer = console.person(VIEWER)

    assert viewer.get(TEXTS).html.one("main").all("button") == []
    assert viewer.post(TEXTS, {"translations.fr.buttonNo": "Non !", "draft": "1"}).status == 403
    assert viewer.post(f"{TEXTS}/csv", pasted="name,en,fr", draft="1").status == 403


def test_a_field_warns_of_placeholders_while_a_person_types(console: Console, owner: Browser) -> None:
    put(console)
    seen = owner.get(TEXTS).html.one(id="part").fields
    own = {"translations.fr.activeCountLabel": "Actifs : {nombre}", "translations.fr.frameTitle": "Contenu"}

    saved = owner.post(TEXTS, {**seen, **own})
    page = owner.get(saved.location).html
    refused = owner.post(TEXTS, {**seen, **own, "draft": "2", "translations.fr.buttonNo": "<b"}).html

    for each in (page, refused):
        assert each.one(id="f-translations.fr.activeCountLabel-warning").text == (
            "{count} and {total} are missing; the window has no value for {nombre}, so visitors read the braces."
        )
        assert each.one(id="f-translations.fr.frameTitle-warning").text == "{name} is missing."
        field = each.one(id="f-translations.fr.frameTitle")
        assert field["aria-describedby"].split()[-1] == "f-translations.fr.frameTitle-warning"
    assert [each["id"] for each in page if each.attributes.get("class") == "warning"] == [f"f-{n}-warning" for n in own]


def test_the_hint_of_a_field_names_its_placeholders(console: Console, owner: Browser) -> None:
    put(console)

    page = owner.get(TEXTS).html

    hints = {name: page.one(id=f"f-translations.fr.{name}-hint").text for name in texts.PLACEHOLDERS}
    end = ": the window fills in what they stand for."
    assert hints == {
        "activeCountLabel": f"Keep {{count}} and {{total}}{end}",
        "privacyPolicyLabel": f"Keep {{name}}{end}",
        "frameTitle": f"Keep {{name}}, and you may use {{purpose}}{end}",
        "frameText": f"Keep {{purpose}}, and you may use {{name}}{end}",
        "frameAlwaysLabel": f"You may use {{name}} and {{purpose}}{end}",
    }


# --- What is missing --------------------------------------------------------------------------------------------------


def test_only_what_is_missing(console: Console, owner: Browser) -> None:
    put(console, ("en", "fr", "sq"), translations={"en": {"buttonNo": "Nope", "startupTitle": "Ours"}})

    page = owner.get(f"{TEXTS}?missing=1").html
    assert page.one(id="part").fields.keys() == {"draft", "missing", "translations.fr.startupTitle"}
    assert "1 is yours in English, built in here" in page.text
    assert "missing" not in page.text

    answer = owner.saves(f"{TEXTS}?missing=1", {"translations.fr.startupTitle": "Les nôtres"})

    assert answer.location == f"{TEXTS}?said=saved&missing=1"
    assert kept(console)["translations"]["fr"] == {"startupTitle": "Les nôtres"}
    after = owner.get(answer.location).html
    assert "Nothing is missing" in after.text
    assert "/widgets/43/texts/sq?missing=1" in [each["href"] for each in after.all("a")]


def test_a_text_that_is_being_typed_stays_among_those_that_are_missing(console: Console, owner: Browser) -> None:
    put(console, ("en", "sq"))
    shown = owner.get("/widgets/43/texts/sq?missing=1").html.one(id="part").fields
    names = [name for name in shown if name.startswith("translations.")]

    saved = owner.post("/widgets/43/texts/sq", {**shown, names[0]: "S"})
    again = owner.get(saved.location).html.one(id="part").fields

    assert saved.location == f"/widgets/43/texts/sq?{urlencode({'missing': ' '.join(n.split('.')[2] for n in names)})}"
    assert again == {**shown, "draft": ["2"], names[0]: ["S"]}
    emptied = owner.post("/widgets/43/texts/sq", {**again, names[0]: ""})
    assert owner.get(emptied.location).html.one(id="part").fields == {**shown, "draft": ["3"]}
    pressed = owner.post("/widgets/43/texts/sq", {**shown, "draft": "3", names[0]: "S", "save": "yes"})
    assert pressed.location == "/widgets/43/texts/sq?said=saved&missing=1"
    assert [*owner.get(pressed.location).html.one(id="part").fields] == ["draft", "missing", *names[1:]]


def test_a_fault_while_a_text_is_typed_says_nothing_at_the_top(console: Console, owner: Browser) -> None:
    put(console, translations={"fr": {"buttonNo": "Non"}})
    seen = owner.get(f"{TEXTS}?missing=1").html.one(id="part").fields
    typed = {**seen, "translations.fr.buttonNo": "<b", "translations.fr.buttonYes": ""}

    refused = owner.post(TEXTS, typed)

    assert refused.status == 422
    assert refused.html.all(id="faults") == []
    assert refused.html.one(id="f-translations.fr.buttonNo-fault").text == "Must be a plain label, without markup."
    assert "Not saved yet." in refused.text
    shown = refused.html.one(id="part").fields
    assert (shown["translations.fr.buttonNo"], shown["translations.fr.buttonYes"]) == (["<b"], [""])
    assert kept(console)["translations"] == {"fr": {"buttonNo": "Non"}}


def test_a_missing_text_leads_to_the_next_one(console: Console, owner: Browser) -> None:
    put(console, ("en", "sq"))
    definition = definition_from_json(json.dumps(kept(console)))

    page = owner.get("/widgets/43/texts/sq?missing=1").html

    links = [each["href"] for each in page.all("a") if each.text in {"Go to the first", "Next missing text"}]
    fields = [f"#f-{name}" for name in page.one(id="part").fields if name.startswith("translations")]
    assert links == fields[1:]
    assert len(fields) == len(lint.missing_texts(definition, "sq"))
    assert progress_of(definition, "sq").said == f"0 of {len(fields)}"
    assert progress_of(definition, "en").said == f"{len(fields)} of {len(fields)}, built in"


def test_a_built_in_language_loses_nothing_by_texts_in_another_one(console: Console, owner: Browser) -> None:
    own = {"fr": {"startupTitle": "A", "buttonYes": "B"}, "de": {"startupTitle": "C"}, "sq": {"innerTitle": "D"}}
    put(console, ("en", "fr", "de", "sq"), translations=own)
    definition = definition_from_json(json.dumps(kept(console)))

    english = progress_of(definition, "en")
    listed = owner.get("/widgets/43/languages").html.all("tbody")[0].all("tr")

    assert (english.there, english.lacks) == (english.total, "1 is yours in French and German, built in here")
    assert progress_of(definition, "sq").lacks == f"{english.total - 1} missing"
    assert [[each.text for each in row.all("td")[1].all("a")] for row in listed] == [
        ["1 is yours in French and German, built in here"],
        [],
        [],
        ["What is missing"],
    ]


def test_texts_are_copied_from_another_language_into_empty_fields(console: Console, owner: Browser) -> None:
    own = {"en": {"buttonNo": "Nope", "buttonYes": "Yep"}, "fr": {"buttonNo": "Non !"}}
    put(console, translations=own)
    before = kept(console)

    page = owner.get(f"{TEXTS}?copy=en").html

    fields = page.one(id="part").fields
    assert (fields["translations.fr.buttonNo"], fields["translations.fr.buttonYes"]) == (["Non !"], ["Yep"])
    assert "They are saved with your next change, or when you press Save." in page.text
    assert kept(console) == before


# --- Languages --------------------------------------------------------------------------------------------------------


def test_languages_with_built_in_texts_are_offered_first(console: Console, owner: Browser) -> None:
    put(console, ("en", "fr"))

    groups = owner.get("/widgets/43/languages").html.one("select").all("optgroup")

    assert [each["label"] for each in groups] == ["With built-in texts", "Without: you write the texts"]
    assert {each["value"] for each in groups[0].all("option")} == {*texts.BUILT_IN_LANGUAGES} - {"en", "fr"}
    assert "Basque (eu)" in groups[1].text


def test_a_language_is_added_with_the_library_s_descriptions(console: Console, owner: Browser) -> None:
    own = {"name": "Own", "slug": "own", "purpose": "Other", "description": "Ours"}
    put(console, ("en",), services=["matomo", own])

    answer = owner.saves("/widgets/43/languages", {"language": "de", "code": ""}, form="add")

    assert answer.location == "/widgets/43/languages?said=language-added"
    definition = kept(console)
    stated = {**definition, "services": ["matomo", own]}
    assert definition["languages"] == ["en", "de"]
    assert definition["services"] == members(definition_from_json(json.dumps(stated)))["services"]


@pytest.mark.parametrize(
    ("code", "fault"), [("FRENCH", "Must be a language such as fr or fr-BE."), ("fr", "It is there already.")]
)
def test_a_language_that_cannot_be_added(console: Console, owner: Browser, code: str, fault: str) -> None:
    put(console)

    answer = owner.saves("/widgets/43/languages", {"code": code}, form="add")

    assert answer.status == 422
    assert answer.html.one(id="f-code-fault").text == fault
    assert answer.html.one(id="f-code").value == code
    assert kept(console)["languages"] == ["en", "fr"]


def test_the_first_language_is_chosen_by_moving_it_up(console: Console, owner: Browser) -> None:
    put(console, ("en", "fr", "de"))

    owner.post("/widgets/43/languages", up="de", draft="1")
    owner.post("/widgets/43/languages", up="de", draft="2")

    assert kept(console)["languages"] == ["de", "en", "fr"]


def test_a_language_goes_with_its_texts_after_a_question(console: Console, owner: Browser) -> None:
    own = {"fr": {"buttonNo": "Non !", "buttonYes": "Oui !"}, "en": {"buttonNo": "Nope"}}
    put(console, ("en", "fr-BE"), translations={**own, "fr-BE": {"buttonNo": "Non"}})

    asked = owner.get("/widgets/43/languages/fr-BE/remove")
    form = asked.html.one("main").one("form")
    answer = owner.post(form["action"], form.fields)

    assert "The 3 texts that you have written in it go, too." in asked.text
    assert answer.location == "/widgets/43/languages?said=language-removed"
    assert (kept(console)["languages"], kept(console)["translations"]) == (["en"], {"en": own["en"]})
    assert "A widget needs a language" in owner.get("/widgets/43/languages/en/remove").text
    assert owner.post("/widgets/43/languages/en/remove", draft="2").status == 422


# --- The file ---------------------------------------------------------------------------------------------------------


def test_the_file_says_where_a_text_appears_and_what_visitors_read_without_it(console: Console, owner: Browser) -> None:
    put(console, ("en", "fr", "fr-BE"), translations={"fr": {"buttonNo": "=cmd"}, "en": {"buttonNo": "Nope, no"}})
    where = '"For windows of your own, and for older ones: No"'

    file = owner.get(f"{TEXTS}/csv")

    assert file.headers["content-disposition"] == 'attachment; filename="texts-43-fr.csv"'
    lines = file.body.split("\r\n")
    assert lines[0] == "\ufeffname,where it appears,en,visitors read if empty,fr"
    title = [texts.built_in(each)["startupTitle"] for each in ("en", "fr")]
    assert lines[1] == f'startupTitle,First window: Title,"{title[0]}","{title[1]}",'
    assert f'buttonNo,{where},"Nope, no",Non,\'=cmd' in lines
    assert f'buttonNo,{where},"Nope, no",\'=cmd,' in owner.get("/widgets/43/texts/fr-BE/csv").body.split("\r\n")
    first = owner.get("/widgets/43/texts/en/csv").body.split("\r\n")
    assert first[0] == "\ufeffname,where it appears,visitors read if empty,en"
    assert f'buttonNo,{where},No,"Nope, no"' in first


def test_a_file_that_is_read_in_again_changes_nothing(console: Console, owner: Browser) -> None:
    own = dict(zip(sorted(LABELS), HOSTILE, strict=False))
    put(console, translations={"fr": own, "en": own})
    before = kept(console)

    by_file = upload(console, owner, {"draft": "1", "file": owner.get(f"{TEXTS}/csv").body.encode(), "pasted": ""})
    pasted = owner.post(f"{TEXTS}/csv", draft="2", pasted=owner.get(f"{TEXTS}/csv").body)

    assert [each.location for each in (by_file, pasted)] == [f"{TEXTS}?said=texts-read&changed=0"] * 2
    assert "No text of the file is new: nothing has changed." in owner.get(pasted.location).text
    assert before["translations"]["fr"].keys() == own.keys()
    assert kept(console) == before


def test_a_file_changes_the_texts_that_it_has(console: Console, owner: Browser) -> None:
    put(console, translations={"fr": {"buttonNo": "Non !", "buttonYes": "Oui !"}})

    sent = '\ufeffname;en;fr\r\nbuttonNo;No;\r\n;;\r\nstartupTitle;Title;"L’un; l’autre"\r\n'.encode()
    answer = upload(console, owner, {"draft": "1", "pasted": "", "file": sent})

    assert answer.location == f"{TEXTS}?said=texts-read&changed=2"
    assert "2 texts have changed in the draft. Visitors see them when you publish." in owner.get(answer.location).text
    assert kept(console)["translations"] == {"fr": {"buttonYes": "Oui !", "startupTitle": "L’un; l’autre"}}


def test_the_file_is_a_step_away_from_the_top_and_must_be_chosen(console: Console, owner: Browser) -> None:
    put(console)

    page = owner.get(TEXTS).html
    (link,) = [each for each in page.all("a") if each.text == "Translate in a spreadsheet"]
    answer = upload(console, owner, {"draft": "1", "file": b"", "pasted": ""})

    assert page.one(id=link["href"].removeprefix("#")).one("h2").text == link.text
    assert answer.status == 422
    (fault,) = answer.html.one(id="sheet-faults").all("li")
    assert fault.text == "There is nothing to read: choose a file, or paste its rows."


def test_nothing_is_saved_of_a_file_with_a_fault(console: Console, owner: Browser) -> None:
    put(console)

    sent = "name,en,fr\nbuttonYes,Yes,Oui\nbuttonNo,No,<b>Non</b>\nbutonNo,No,Non\nbuttonYes,Yes,Si\nbuttonNo,a,b,c\n"
    answer = owner.post(f"{TEXTS}/csv", draft="1", pasted=sent)

    assert answer.status == 422
    page = answer.html
    assert [each.text for each in page.one(id="sheet-faults").all("li")] == [
        "Row 3, buttonNo : must be a plain label, without markup",
        "Row 4, butonNo : the widget has no text of this name: is it buttonNo?",
        "Row 5, buttonYes : it is there twice",
        "Row 6, buttonNo : it is there twice",
    ]
    assert page.one(id="sheet").fields["pasted"] == [sent]
    assert kept(console)["translations"] == {}


def test_a_row_with_wrong_placeholders_is_a_fault_unless_the_text_was_there(console: Console, owner: Browser) -> None:
    put(console, translations={"fr": {"frameTitle": "Contenu"}})
    wrong = 'name,en,fr\nactiveCountLabel,On,Actifs : {nombre}\nframeTitle,x,Contenu\nbuttonYes,Yes,"Oui, {name}"\n'

    answer = owner.post(f"{TEXTS}/csv", draft="1", pasted=wrong)

    assert answer.status == 422
    assert [each.text for each in answer.html.one(id="sheet-faults").all("li")] == [
        "Row 2, activeCountLabel : {count} and {total} are missing; the window has no value for {nombre}, "
        "so visitors read the braces",
        "Row 4, buttonYes : the window has no value for {name}, so visitors read the braces",
    ]
    assert owner.post(f"{TEXTS}/csv", draft="1", pasted="name,fr\nframeTitle,Contenus").status == 422
    assert owner.post(f"{TEXTS}/csv", draft="1", pasted="name,fr\nframeTitle,Contenu").status == 303


def test_another_author_is_not_overwritten_by_a_file(console: Console, owner: Browser) -> None:
    put(console)
    owner.saves(TEXTS, {"translations.fr.buttonYes": "Oui !"})

    answer = owner.post(f"{TEXTS}/csv", draft="1", pasted="name,en,fr\nbuttonNo,No,Non !")

    assert answer.status == 409
    assert "Nothing was changed. The page now shows the newer draft: try again." in answer.text
    again = answer.html.one(id="sheet").fields
    assert again == {"draft": ["2"], "pasted": ["name,en,fr\nbuttonNo,No,Non !"]}
    assert kept(console)["translations"] == {"fr": {"buttonYes": "Oui !"}}
    owner.post(f"{TEXTS}/csv", again)
    assert kept(console)["translations"] == {"fr": {"buttonYes": "Oui !", "buttonNo": "Non !"}}


def read(content: str) -> sheets.Sheet:
    """Read the texts of a file in French, any of which will do."""
    return sheets.read(content, "fr", dict.fromkeys(texts.names(), str), lambda name: f"{name} is not known")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (" \n", "There is nothing to read: choose a file, or paste its rows."),
        ("buttonNo,No,Non", "must begin with the heads"),
        ("name,en,de\nbuttonNo,No,Nein", "has no column “fr”, which the texts are to be in: its columns are en, de"),
        ('name,en,fr\nbuttonNo,No,"Non', "cannot be read as CSV"),
        ("name,en,fr\nbuttonNo,No,N\ufffdn", "is not in UTF-8"),
        ("name,en,fr\n" + "buttonNo,No,Non\n" * 10_000, "must have at most 10,000 rows"),
    ],
)
def test_a_file_that_cannot_be_used(content: str, said: str) -> None:
    (fault,) = read(content).faults

    assert fault.row == 0
    assert said in fault.sentence


@pytest.mark.parametrize(("row", "said"), [("buttonNo,a,b,c", "more columns"), ("buttonNo,a", "no cell for the text")])
def test_a_row_of_another_width(row: str, said: str) -> None:
    (fault,) = read(f"name,en,fr\n{row}\n").faults

    assert (fault.row, fault.name) == (2, "buttonNo")
    assert said in fault.sentence


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffd")
CELLS = st.text(CHARACTERS, max_size=30) | st.sampled_from(HOSTILE)


@given(st.dictionaries(st.sampled_from(sorted(texts.names())), CELLS), CELLS)
def test_what_is_written_is_read_equal(own: dict[str, str], reference: str) -> None:
    file = sheets.written(("en", "fr"), [(name, reference, text) for name, text in own.items()])

    assert read(file).texts == own


@given(CELLS)
def test_no_cell_runs_as_a_formula(text: str) -> None:
    file = sheets.written(("en", "fr"), [("buttonNo", text, text)])

    row = file.partition("\r\n")[2].removeprefix("buttonNo,")
    assert row.lstrip('"')[:1] not in set("=+-@\t＝＋－＠")


# --- The file: descriptions of services -------------------------------------------------------------------------------

SHOP = {
    "name": "Shop",
    "slug": "our.shop",
    "purpose": "Analytical",
    "description": {"en": "Counts <b>visits</b> &amp; more.", "fr": "Compte."},
    "cookies": [
        {"name": "a.b", "description": "=All"},
        {"name": "a.b", "description": {"de": "Zwei"}, "path": "/shop"},
        {"name": "_pk_*"},
    ],
}
OTHER = {"name": "Other", "slug": "our.shop.cookie.a.b", "purpose": "Other", "description": {"de": "Andere"}}
SERVICE, COOKIE_A, COOKIE_A2, COOKIE_PK = (
    f"service/our.shop{end}/description" for end in ("", "/cookie/a.b", "/cookie/a.b/2", "/cookie/_pk_*")
)


def cells(file: str) -> dict[str, list[str]]:
    """The rows of a file by their names, as they are written."""
    rows = csv.reader(io.StringIO(file.removeprefix("\ufeff"), newline=""))
    return {name: others for name, *others in rows}


def described(console: Console) -> list[Any]:
    """Return the descriptions of the draft, each service before its cookies."""
    services = kept(console)["services"]
    return [each["description"] for service in services for each in (service, *service.get("cookies", ()))]


def test_every_member_with_a_text_for_each_language_is_a_text_or_a_description() -> None:
    schema = WidgetDefinition.model_json_schema(by_alias=True)
    parts = {"": schema, **schema["$defs"]}
    rich = {
        (part, member)
        for part, found in parts.items()
        for member, stated in found.get("properties", {}).items()
        if "RichText" in json.dumps(stated)
    }

    assert rich == {("ServiceDefinition", "description"), ("CookieDefinition", "description")}


def test_the_file_has_the_descriptions_of_services_and_cookies(console: Console, owner: Browser) -> None:
    put(console, services=[SHOP, OTHER])

    rows = cells(owner.get(f"{TEXTS}/csv").body)

    assert {name: row for name, row in rows.items() if name.startswith("service")} == {
        SERVICE: ["Service Shop", "Counts <b>visits</b> &amp; more.", "Counts <b>visits</b> &amp; more.", "Compte."],
        COOKIE_A: ["Cookie a.b of Shop", "'=All", "'=All", ""],
        COOKIE_A2: ["Cookie a.b of Shop", "Zwei", "Zwei", ""],
        COOKIE_PK: ["Cookie _pk_* of Shop", "", "", ""],
        "service/our.shop.cookie.a.b/description": ["Service Other", "Andere", "Andere", ""],
    }


def test_in_the_first_language_a_description_stands_beside_what_visitors_would_read_without_it(
    console: Console, owner: Browser
) -> None:
    put(console, services=[SHOP])

    rows = cells(owner.get("/widgets/43/texts/en/csv").body)

    assert rows[SERVICE] == ["Service Shop", "Compte.", "Counts <b>visits</b> &amp; more."]
    assert rows[COOKIE_A] == ["Cookie a.b of Shop", "", "'=All"]


@pytest.mark.parametrize("culture", ["en", "fr", "de"])
def test_descriptions_that_are_read_in_again_stay_as_they_are(console: Console, owner: Browser, culture: str) -> None:
    put(console, ("en", "fr", "de"), services=[SHOP, "google-analytics", OTHER])
    before = kept(console)
    path = f"/widgets/43/texts/{culture}/csv"

    assert owner.post(path, draft="1", pasted=owner.get(path).body).status == 303
    assert kept(console) == before


def test_a_file_changes_the_descriptions_that_it_has(console: Console, owner: Browser) -> None:
    put(console, services=[SHOP, OTHER])
    rows = [
        f"{SERVICE},x,",
        f"{COOKIE_A},x,'=Tout",
        f"{COOKIE_A2},x,Deux",
        f'{COOKIE_PK},x,"Une <a href=""/fr?a&b"">page</a>, et plus"',
        "buttonNo,No,Non !",
    ]

    answer = owner.post(f"{TEXTS}/csv", draft="1", pasted="\n".join(["name,en,fr", *rows]))

    assert answer.location == f"{TEXTS}?said=texts-read&changed=5"
    assert described(console) == [
        {"en": "Counts <b>visits</b> &amp; more."},
        {"en": "=All", "fr": "=Tout"},
        {"de": "Zwei", "fr": "Deux"},
        {"fr": 'Une <a href="/fr?a&amp;b">page</a>, et plus'},
        {"de": "Andere"},
    ]
    assert kept(console)["translations"] == {"fr": {"buttonNo": "Non !"}}


def test_a_fault_of_a_description_is_named_with_its_row(console: Console, owner: Browser) -> None:
    put(console, services=[SHOP])
    before = kept(console)
    rows = {
        SERVICE: "<script>",
        COOKIE_A: "x" * 5_001,
        "service/hotjar/description": "Absent",
        "service/our.shop/cookie/a.b/3/description": "Absent",
        "service/our.shop/descripton": "Absent",
        "service/": "Absent",
        f"{COOKIE_PK} ": "Une",
        COOKIE_PK: "Deux",
    }
    sent = "\n".join(["name,en,fr", *(f"{name},x,{text}" for name, text in rows.items())])

    answer = owner.post(f"{TEXTS}/csv", draft="1", pasted=sent)

    assert answer.status == 422
    assert [each.text for each in answer.html.one(id="sheet-faults").all("li")] == [
        f"Row 2, {SERVICE} : <script> is not allowed: only links, <b>, <strong>, <i>, <em>, <br>, <p>, <ul>, <ol> and "
        "<li>; write &lt; for <",
        f"Row 3, {COOKIE_A} : must have at most 5,000 characters",
        "Row 4, service/hotjar/description : the row is for a service that the widget does not have: delete the row",
        "Row 5, service/our.shop/cookie/a.b/3/description : the row is for a cookie that the service does not have: "
        "delete the row",
        "Row 6, service/our.shop/descripton : the widget has no text of this name",
        "Row 7, service/ : the row is for a service that the widget does not have: delete the row",
        f"Row 9, {COOKIE_PK} : it is there twice",
    ]
    assert kept(console) == before


def test_a_file_with_many_faults_names_the_first_fifty(console: Console, owner: Browser) -> None:
    put(console, services=[SHOP])
    sent = "name,en,fr\n" + "".join(f"service/s{number}/description,x,y\n" for number in range(9_000))

    faults = owner.post(f"{TEXTS}/csv", draft="1", pasted=sent).html.one(id="sheet-faults").all("li")

    assert len(faults) == 50


SLUGS = st.from_regex(shapes.SLUG, fullmatch=True)
COOKIES = st.from_regex(shapes.COOKIE_NAME, fullmatch=True) | st.sampled_from(["a", "2", "a.b", "description"])
SAID = st.just("") | CELLS | st.dictionaries(st.sampled_from(["en", "fr", "de"]), CELLS, min_size=1)
PARTS = st.fixed_dictionaries({"name": COOKIES, "description": SAID})
SERVICES = st.lists(
    st.fixed_dictionaries({"slug": SLUGS | st.just("a"), "description": SAID, "cookies": st.lists(PARTS, max_size=4)}),
    max_size=4,
)


@given(SERVICES, st.sampled_from(["en", "fr", "de"]))
def test_each_description_has_a_name_of_its_own(services: list[dict[str, Any]], language: str) -> None:
    names = descriptions.named(services)
    assert len(names) == sum(1 + len(each["cookies"]) for each in services)

    said = {name: f"text {number}" for number, name in enumerate(names)}
    again = descriptions.named(descriptions.changed(services, said, language, "en"))

    assert {name: descriptions.own_text(each, language, "en") for name, each in again.items()} == said
    before = {name: descriptions.own_text(each, "it", "en") for name, each in names.items()}
    assert {name: descriptions.own_text(each, "it", "en") for name, each in again.items()} == before


def test_a_file_survives_the_end_of_a_session(console: Console, owner: Browser) -> None:
    put(console)
    sent = "name,en,fr\r\nbuttonNo,No,Non !\r\n"

    over = upload(console, console.stranger(), {"draft": "1", "file": sent.encode(), "pasted": ""})
    form = over.html.one("main").one("form")

    assert over.status == 401
    assert owner.post(form["action"], form.fields).location == f"{TEXTS}?said=texts-read&changed=1"
    assert kept(console)["translations"] == {"fr": {"buttonNo": "Non !"}}
