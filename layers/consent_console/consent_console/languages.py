"""The names of languages: in English for the console's own pages, and as their speakers write them."""

import re
from collections.abc import Mapping

from consent_core import shapes
from consent_core.publishing import texts

NAMES: Mapping[str, str] = {
    "af": "Afrikaans",
    "am": "Amharic",
    "ar": "Arabic",
    "az": "Azerbaijani",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "br": "Breton",
    "bs": "Bosnian",
    "ca": "Catalan",
    "co": "Corsican",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "eo": "Esperanto",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fo": "Faroese",
    "fr": "French",
    "fy": "Western Frisian",
    "ga": "Irish",
    "gd": "Scottish Gaelic",
    "gl": "Galician",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "kk": "Kazakh",
    "kl": "Greenlandic",
    "km": "Khmer",
    "kn": "Kannada",
    "ko": "Korean",
    "ky": "Kyrgyz",
    "lb": "Luxembourgish",
    "lo": "Lao",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mn": "Mongolian",
    "mr": "Marathi",
    "ms": "Malay",
    "mt": "Maltese",
    "my": "Burmese",
    "nb": "Norwegian (Bokmål)",
    "ne": "Nepali",
    "nl": "Dutch",
    "nn": "Norwegian (Nynorsk)",
    "no": "Norwegian",
    "oc": "Occitan",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "rm": "Romansh",
    "ro": "Romanian",
    "ru": "Russian",
    "se": "Northern Sami",
    "si": "Sinhala",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "yi": "Yiddish",
    "zh": "Chinese",
    "zu": "Zulu",
}
"""By their codes in ISO 639-1."""

_OWN_NAMES: Mapping[str, str] = {
    "ar": "العربية",
    "bg": "български",
    "ca": "català",
    "cs": "čeština",
    "da": "dansk",
    "de": "Deutsch",
    "el": "ελληνικά",
    "es": "español",
    "et": "eesti",
    "eu": "euskara",
    "fa": "فارسی",
    "fi": "suomi",
    "fr": "français",
    "ga": "Gaeilge",
    "gl": "galego",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "hrvatski",
    "hu": "magyar",
    "id": "Bahasa Indonesia",
    "is": "íslenska",
    "it": "italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lb": "Lëtzebuergesch",
    "lt": "lietuvių",
    "lv": "latviešu",
    "mt": "Malti",
    "nb": "bokmål",
    "nl": "Nederlands",
    "nn": "nynorsk",
    "no": "norsk",
    "pl": "polski",
    "pt": "português",
    "ro": "română",
    "ru": "русский",
    "sk": "slovenčina",
    "sl": "slovenščina",
    "sq": "shqip",
    "sr": "српски",
    "sv": "svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}
"""As their own speakers write them: those with built-in texts, and some of their neighbours."""

_REGIONS: Mapping[str, str] = {"pt-BR": "Portuguese (Brazil)", "zh-TW": "Chinese (traditional)"}


def name_of(culture: str) -> str:
    """Return the name of a language such as ``fr`` or ``fr-BE``; its code if it has no name here."""
    language, _, region = culture.partition("-")
    named = NAMES.get(language, language)
    return _REGIONS.get(culture) or (f"{named} ({region})" if region else named)


def listed(text: str) -> list[str]:
    """Return the languages that a list names, by their codes; a word that is not understood stays as it is."""
    pieces = (" ".join(piece.split()) for piece in re.split(r"[,;\n]", text))
    return [_code(each) for piece in pieces for each in ([piece] if _code(piece) != piece else piece.split())]


def _code(name: str) -> str:
    """Return the code of a language that is named in English or in itself; any other text as it is."""
    return _CODES.get(name.casefold(), name)


_CODES: Mapping[str, str] = {
    called.casefold(): code
    for names in (NAMES, _OWN_NAMES, _REGIONS)
    for code, name in names.items()
    for called in (code, name)
}


def is_culture(text: str) -> bool:
    """Return whether a text is a language that widgets can have."""
    return shapes.CULTURE.fullmatch(text) is not None


def to_choose(taken: frozenset[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the languages that a widget does not have, in groups with a heading: first those with built-in texts."""
    built_in = {*texts.BUILT_IN_LANGUAGES}
    return [
        ("With built-in texts", _sorted(built_in - taken)),
        ("Without: you write the texts", _sorted(NAMES.keys() - built_in - taken)),
    ]


def _sorted(cultures: set[str]) -> list[tuple[str, str]]:
    return sorted(((each, name_of(each)) for each in cultures), key=lambda each: each[1])
