"""WhitespaceTokenizer: words are what stands between spaces; punctuation stands by itself."""

import re

from nlu.components.component import Component, NoOptions
from nlu.message import Message, Token

_PUNCTUATION = r"!-/:-@\[-`{-~¡¿«»…،؛؟۔।、。！？，"
_TOKEN = re.compile(rf"[^\s{_PUNCTUATION}]+(?:['’][^\s{_PUNCTUATION}]+)*|[{_PUNCTUATION}]")


class WhitespaceTokenizer(Component[NoOptions]):
    """Splits at spaces and punctuation."""

    ignored = frozenset({"intent_tokenization_flag", "intent_split_symbol", "token_pattern"})

    def process(self, message: Message) -> None:
        message.tokens = whitespace_tokens(message.text)


def whitespace_tokens(text: str) -> list[Token]:
    """The words and punctuation marks of a text."""
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
