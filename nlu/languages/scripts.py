"""In which script a text is written, by its letters."""

import re
from collections.abc import Collection, Mapping

LATIN = "LATIN"
_KANA = frozenset({"HIRAGANA", "KATAKANA"})
# A Chinese character says about as much as three letters of an alphabet.
_LETTERS_WORTH = {"HAN": 3, "HIRAGANA": 2, "KATAKANA": 2, "HANGUL": 2}
# The blocks people write messages in; a script that is not here counts as no script.
_BLOCKS = {
    LATIN: "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    "GREEK": "\u0370-\u03ff\u1f00-\u1fff",
    "CYRILLIC": "\u0400-\u052f",
    "ARMENIAN": "\u0531-\u0587",
    "HEBREW": "\u05d0-\u05ea",
    "ARABIC": "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdfb\ufe70-\ufefc",
    "DEVANAGARI": "\u0900-\u0963\u0971-\u097f",
    "BENGALI": "\u0980-\u09e3",
    "GURMUKHI": "\u0a01-\u0a5e",
    "GUJARATI": "\u0a81-\u0ae3",
    "TAMIL": "\u0b82-\u0bd7",
    "TELUGU": "\u0c00-\u0c63",
    "KANNADA": "\u0c80-\u0ce3",
    "MALAYALAM": "\u0d00-\u0d63",
    "THAI": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "GEORGIAN": "\u10a0-\u10ff",
    "ETHIOPIC": "\u1200-\u135a",
    "HIRAGANA": "\u3041-\u3096",
    "KATAKANA": "\u30a1-\u30fa\u30fc",
    "HAN": "\u3005\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff",
    "HANGUL": "\u1100-\u11ff\uac00-\ud7a3",
}
_RUNS = re.compile("|".join(f"(?P<{name}>[{block}]+)" for name, block in _BLOCKS.items()))

SCRIPTS = frozenset(_BLOCKS)


def script_of(text: str) -> str | None:
    """The script of most of the letters; None where there are none.

    Chinese characters with kana beside them are Japanese, so the kana is named.
    """
    if text.isascii():
        return LATIN if any(map(str.isalpha, text)) else None
    letters: dict[str, int] = {}
    for run in _RUNS.finditer(text):
        name = run.lastgroup or ""
        weight = (run.end() - run.start()) * _LETTERS_WORTH.get(name, 1)
        letters[name] = letters.get(name, 0) + weight
    if not letters:
        return None
    kana = max(_KANA & letters.keys(), key=lambda name: letters[name], default=None)
    if kana and "HAN" in letters:
        letters[kana] += letters.pop("HAN")
    return max(letters, key=lambda name: letters[name])


def written_in(script: str, scripts: Mapping[str, Collection[str]]) -> list[str]:
    """The languages, of those whose `scripts` are given, that are written in this one."""
    return [language for language, known in scripts.items() if script in known]
