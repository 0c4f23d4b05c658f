"""The parts of a text that tell its language: words, and sequences of letters within them."""

import re
import unicodedata

LONGEST_WORD = 24
MOST_WORDS = 60
READ_AT_MOST = 400
_LONGEST = 4
# Scripts without spaces: each character by itself, and pairs.
_UNSPACED = "\u3005\u3041-\u30fc\u3400-\u9fff\u0e00-\u0e7f"
# Vowel signs of Indic scripts are no letters to Python, nor is the joiner within a Persian word.
_SIGNS = "\u0900-\u0963\u0971-\u0dff\u200c"
_WORD = re.compile(
    rf"[{_UNSPACED}]+|(?:[^\W\d_{_UNSPACED}]|[{_SIGNS}])+"
    rf"(?:['’](?:[^\W\d_{_UNSPACED}])+)*|[¿¡]"
)
_FIRST_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LONG_RUN = re.compile(r"(\w)\1{2,}")


def words_of(text: str) -> list[str]:
    """The words of the beginning, in small letters; runs of letters where no spaces are written."""
    plain = text[:READ_AT_MOST]
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", plain).replace("’", "'")
    plain = _LONG_RUN.sub(r"\1\1", plain.lower())
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)[:MOST_WORDS]]


def is_unspaced(word: str) -> bool:
    """Whether this is a run of characters in which words are not set apart."""
    return _FIRST_UNSPACED.match(word) is not None


def grams_of(word: str) -> list[str]:
    """The word itself, as ` word `, and its sequences of one to four characters."""
    if is_unspaced(word):
        return [*word, *(word[i : i + 2] for i in range(len(word) - 1)), f" {word} "]
    framed = f" {word} "
    end = len(framed)
    found = list(word)
    for size in range(2, _LONGEST + 1):
        found += [framed[i : i + size] for i in range(end - size + 1)]
    if end > _LONGEST:
        found.append(framed)
    return found
