"""SpacyTokenizer: words as spaCy's rules for a language cut them; needs no downloaded model."""

import re

from nlu.components.component import Component, Options
from nlu.components.spacy_models import ZonedPipeline, load_spacy
from nlu.components.whitespace_tokenizer import (
    IGNORED,
    TokenPattern,
    split_tokens,
    whitespace_tokens,
)
from nlu.message import Analysis, Message, Token

# spaCy's time grows with the square of a run of punctuation.
_LONG_RUN = re.compile(r"\S{60}")


class SpacyTokenizerOptions(Options):
    """`model`: the language code of a blank spaCy pipeline; `xx` suits texts of all languages.
    After SpacyNLP the words are those of its model. `token_pattern` cuts the words further."""

    model: str = "xx"
    token_pattern: TokenPattern = None


class SpacyTokenizer(Component[SpacyTokenizerOptions]):
    """Splits with the tokenizer of a spaCy pipeline."""

    Options = SpacyTokenizerOptions
    ignored = IGNORED

    def __init__(self, options: SpacyTokenizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._pattern = re.compile(options.token_pattern) if options.token_pattern else None
        self._zoned = ZonedPipeline(load_spacy("SpacyTokenizer", options.model))

    def process(self, message: Message) -> None:
        if message.analysis is not None:
            message.tokens = message.analysis.tokens
            _add_tags(message, message.analysis)
        elif _LONG_RUN.search(message.text):
            message.tokens = whitespace_tokens(message.text)
        else:
            message.tokens = self._cut(message.text)
        if self._pattern:
            message.tokens = split_tokens(message.tokens, self._pattern)

    def _cut(self, text: str) -> list[Token]:
        zoned = self._zoned
        with zoned.lock:
            zoned.forget_now_and_then()
            doc = zoned.pipeline.tokenizer(text)
            tokens = [Token(t.text, t.idx, t.idx + len(t)) for t in doc if not t.is_space]
            del doc  # it must not outlive its zone
        return tokens


def _add_tags(message: Message, analysis: Analysis) -> None:
    if any(analysis.tags):
        message.token_features["pos"] = [[tag] if tag else [] for tag in analysis.tags]
