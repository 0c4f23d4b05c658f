"""Folds a text so that spellings which mean the same compare equal. Folded texts have no offsets."""

import re
import unicodedata

# Accents of Latin, Greek and Cyrillic; Hebrew and Arabic vowel points. Elsewhere marks are letters.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\ufeff\u2060\ufe0e\ufe0f"
APOSTROPHES = "'’‘`´ʼ"
_DROPPED = dict.fromkeys(map(ord, APOSTROPHES + "♀♂" + UNSEEN))
_SKIN_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))
SAME_LETTER = {
    ord("ي"): "ی",
    ord("ى"): "ی",
    ord("ك"): "ک",
    ord("ـ"): "",
    ord("ё"): "е",
    ord("ँ"): "ं",
}
_FOLDED = _DROPPED | _SKIN_TONES | SAME_LETTER
_SPACE = re.compile(r"\s+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_LETTER_RUN = re.compile(r"([^\W\d_])\1+")
_CJK = "\u3040-\u30ff\u3400-\u9fff"
# Python does not count the vowel signs of Indic and Thai words as letters.
_SIGNS = "\u0900-\u0963\u0971-\u0dff\u0e00-\u0fff"
_PIECE = re.compile(rf"[{_CJK}]|(?:[^\W_{_CJK}]|[{_SIGNS}])+|[^\w\s]")


def fold(text: str) -> str:
    """Lower case, no accents, one space, no apostrophes: `Sí,  DON’T` is `si, dont`."""
    if text.isascii():
        return _SPACE.sub(" ", text.casefold().translate(_DROPPED)).strip()
    # Only without its hamza is the letter of "رائع" the one that Persian writes otherwise.
    plain = without_marks(unicodedata.normalize("NFKC", text).casefold()).translate(_FOLDED)
    return _SPACE.sub(" ", plain).strip()


def without_marks(text: str) -> str:
    """Without accents and vowel points."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


def pieces(text: str) -> list[str]:
    """The folded words, each emoji and each Chinese or Japanese character by itself; no commas."""
    return [p for p in _PIECE.findall(fold(text)) if _means_something(p)]


def shorten(word: str) -> tuple[str, str]:
    """`yesss` with its runs cut to two letters and to one: `yess`, `yes`."""
    return _LETTER_RUN.sub(r"\1\1", word), _LETTER_RUN.sub(r"\1", word)


def shorten_long_runs(text: str) -> str:
    """Runs of three letters and more cut to two, so that `sooooo` meets `sooo`."""
    return _LONG_RUN.sub(r"\1\1", text)


def _means_something(piece: str) -> bool:
    return piece[0].isalnum() or unicodedata.category(piece[0])[0] == "S"
