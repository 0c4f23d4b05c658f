"""WhitespaceTokenizer: words are what stands between spaces; punctuation stands by itself."""

import re
from typing import Annotated

from pydantic import AfterValidator

from nlu.components.component import Component, Options
from nlu.message import Message, Token
from nlu.training.patterns import check_pattern

_PUNCTUATION = r"!-/:-@\[-`{-~¡¿«»…،؛؟۔।、。！？，"
_TOKEN = re.compile(rf"[^\s{_PUNCTUATION}]+(?:['’][^\s{_PUNCTUATION}]+)*|[{_PUNCTUATION}]")
# An expression of one's own may be slow in the length of the word.
_SPLIT_AT_MOST = 500
IGNORED = frozenset(
    {"intent_tokenization_flag", "intent_split_symbol", "prefix_separator_symbol", "case_sensitive"}
)


def _checked(expression: str | None) -> str | None:
    if expression is not None:
        check_pattern(expression)
    return expression


TokenPattern = Annotated[str | None, AfterValidator(_checked)]
"""A regular expression whose matches within a word become the tokens."""


class WhitespaceTokenizerOptions(Options):
    """`token_pattern` cuts the words further."""

    token_pattern: TokenPattern = None


class WhitespaceTokenizer(Component[WhitespaceTokenizerOptions]):
    """Splits at spaces and punctuation."""

    Options = WhitespaceTokenizerOptions
    ignored = IGNORED

    def __init__(self, options: WhitespaceTokenizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._pattern = re.compile(options.token_pattern) if options.token_pattern else None

    def process(self, message: Message) -> None:
        tokens = whitespace_tokens(message.text)
        message.tokens = split_tokens(tokens, self._pattern) if self._pattern else tokens


def whitespace_tokens(text: str) -> list[Token]:
    """The words and punctuation marks of a text."""
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def split_tokens(tokens: list[Token], pattern: re.Pattern[str]) -> list[Token]:
    """The pattern's matches within each token; a token that has none stays whole."""
    cut: list[Token] = []
    for token in tokens:
        pieces = [
            Token(m.group(), token.start + m.start(), token.start + m.end())
            for m in pattern.finditer(token.text[:_SPLIT_AT_MOST])
            if m.end() > m.start()
        ]
        cut += pieces or [token]
    return cut
