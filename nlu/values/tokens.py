"""Cuts a text into numbers, words and signs; Chinese and Japanese into single characters."""

import re
from dataclasses import dataclass
from typing import Literal

from nlu.normalizing import normalize

_HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# Python does not count the vowel signs of Indic words as letters.
_SIGNS = "\u0900-\u0903\u093a-\u094d\u0951-\u0957\u0962\u0963"
_LETTER = rf"(?:[^\W\d_{_HAN}]|[{_SIGNS}])"
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+(?:[.,][0-9]+)*)|(?P<initials>{_LETTER}(?:\.{_LETTER}){{1,3}}\b\.?)"
    rf"|(?P<word>[{_HAN}]|{_LETTER}+(?:'{_LETTER}+)*)|(?P<sign>[^\w\s]|[\w])"
)
# Letters that people leave out or mix up beyond what folding knows.
_SPELLED = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ة": "ه", "\u093c": None,
                          "'": None, ".": None})  # fmt: skip

_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")

Kind = Literal["number", "word", "sign"]


@dataclass(frozen=True, slots=True)
class Token:
    """`text` folded; `start` and `end` in the original; `glued` to the token before it."""

    text: str
    kind: Kind
    start: int
    end: int
    glued: bool = False


def tokens_of(text: str) -> list[Token]:
    """The tokens; a hyphen that joins a word to what stands before it is left out."""
    read = normalize(text, accents=False, elongation=False, textese=False)
    found: list[Token] = []
    last = -1
    matches = list(_TOKEN.finditer(read.text))
    for index, match in enumerate(matches):
        start, end = read.span(*match.span())
        glued = match.start() == last
        last = match.end()
        if match.lastgroup == "number":
            found.append(Token(match.group(), "number", start, end, glued))
        elif match.lastgroup == "sign":
            if match.group() == "-" and glued and _joins(matches, index):
                continue
            found.append(Token(match.group(), "sign", start, end, glued))
        else:
            word = spelled(match.group())
            if word:
                found.append(Token(word, "word", start, end, glued))
    return found


def spelled(word: str) -> str:
    """A folded word in the spelling of the lexicons."""
    return word.translate(_SPELLED)


def unstretched(text: str) -> tuple[str, ...]:
    """`tomorrrow` as `tomorrow` and `tomorow`; nothing for what is not stretched."""
    if not _STRETCHED.search(text):
        return ()
    return _STRETCHED.sub(r"\1\1", text), _STRETCHED.sub(r"\1", text)


def _joins(matches: list[re.Match[str]], index: int) -> bool:
    """Whether the hyphen stands between a word or number and a word right behind it."""
    if index == 0 or index + 1 == len(matches):
        return False
    before, after = matches[index - 1], matches[index + 1]
    glued = after.start() == matches[index].end()
    words = before.lastgroup in ("word", "number") and after.lastgroup == "word"
    return glued and words


def script_of(text: str) -> str:
    """The script of a token by its first character; empty for signs and other scripts."""
    code = ord(text[0])
    if code < 0x250:
        return "latin" if text[0].isalpha() else ""
    if 0x400 <= code < 0x530:
        return "cyrillic"
    if 0x600 <= code < 0x700:
        return "arabic"
    if 0x900 <= code < 0x980:
        return "devanagari"
    return "han" if 0x3005 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF else ""
