"""A text as tokens with what each may mean, in the languages that it seems to be written in."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from nlu.values.lexicon import SCRIPTS, Language, Phrase, lexicon, token_phrase
from nlu.values.tokens import Token, script_of, tokens_of, unstretched

Tag = tuple[int, Any]
"""Where a phrase ends, and its meaning."""

Found = TypeVar("Found")
_NOT_READ = object()


def remembered(read: Callable[["Words", int], Found]) -> Callable[["Words", int], Found]:
    """Reads each place once: the grammars try the same places over and over."""

    @wraps(read)
    def reading(words: "Words", at: int) -> Found:
        key = (read, at)
        found: Any = words.memory.get(key, _NOT_READ)
        if found is _NOT_READ:
            found = words.memory[key] = read(words, at)
        return cast(Found, found)

    return reading


class Words:
    """The tokens of a text and the meanings of the phrases that begin at each."""

    def __init__(self, text: str, hints: Sequence[str]) -> None:
        self.tokens: list[Token] = tokens_of(text)
        languages = _languages(self.tokens, hints)
        self.main = _main(self.tokens, languages, hints)
        self.memory: dict[tuple[object, int], object] = {}
        self._tags = [self._meanings(i, languages) for i in range(len(self.tokens))]

    def __len__(self) -> int:
        return len(self.tokens)

    def tag(self, at: int, name: str) -> Tag | None:
        """The longest phrase of a class that begins at the token `at`."""
        return self._tags[at].get(name) if 0 <= at < len(self._tags) else None

    def end_of(self, at: int, name: str) -> int:
        """Where the phrase of a class ends that begins at `at`; `at` where there is none."""
        found = self.tag(at, name)
        return found[0] if found else at

    def has(self, at: int, *names: str) -> bool:
        """Whether a phrase of one of the classes begins at `at`."""
        return 0 <= at < len(self._tags) and not self._tags[at].keys().isdisjoint(names)

    def text(self, at: int) -> str:
        """The folded text of a token; empty beyond the last."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def means_nothing(self, at: int) -> bool:
        """Whether no value can begin with the token: a word that no lexicon has."""
        return not self._tags[at] and self.tokens[at].kind != "number"

    def kind(self, at: int) -> str:
        """`number`, `word` or `sign`; empty beyond the last."""
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def glued(self, at: int) -> bool:
        """Whether no space stands before the token."""
        return 0 <= at < len(self.tokens) and self.tokens[at].glued

    def ends_phrase(self, at: int) -> bool:
        """Whether no word or number follows: the text ends, or a sign stands there."""
        return self.kind(at) in ("", "sign")

    def _meanings(self, at: int, languages: dict[str, Language]) -> dict[str, Tag]:
        word = self.tokens[at].text
        found: dict[str, Tag] = {}
        language = languages.get(script_of(word)) or self.main
        if self.tokens[at].kind == "number":
            language = self.main
        self._add(found, at, language.phrases.get(word, ()))
        if not found:
            for spelling in unstretched(word):
                self._add(found, at, language.phrases.get(spelling, ()))
        self._add(found, at, lexicon().common.get(word, ()))
        return found

    def _add(self, found: dict[str, Tag], at: int, phrases: Sequence[Phrase]) -> None:
        for words, name, value in phrases:
            if name in found and found[name][0] >= at + len(words):
                continue
            end = token_phrase(self.tokens, at, words)
            if end is not None:
                found[name] = end, value


def _languages(tokens: list[Token], hints: Sequence[str]) -> dict[str, Language]:
    """For each script of the text, the language whose words it has most of; hints break ties."""
    counts: Counter[str] = Counter()
    scripts: set[str] = set()
    known = lexicon().known
    for token in tokens:
        scripts.add(script_of(token.text))
        for spelling in (token.text, *unstretched(token.text)):
            counts.update(known.get(spelling, ()))
    found: dict[str, Language] = {}
    for script in scripts - {""}:
        codes = [c for c in hints if c in SCRIPTS[script]] + list(SCRIPTS[script])
        # max() takes the first of equals: the hint's.
        best = max(codes, key=lambda code: counts[code])
        found[script] = lexicon().languages[best]
    return found


def _main(tokens: list[Token], languages: dict[str, Language], hints: Sequence[str]) -> Language:
    """The language that says how numbers and dates are written."""
    for token in tokens:
        if token.kind == "word" and (found := languages.get(script_of(token.text))):
            return found
    for code in hints:
        if code in lexicon().languages:
            return lexicon().languages[code]
    return lexicon().languages["en"]
