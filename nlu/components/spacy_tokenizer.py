"""SpacyTokenizer: words as spaCy's rules for a language cut them; needs no downloaded model."""

import re
import threading
from contextlib import ExitStack
from typing import Any

from nlu.components.component import Component, Options
from nlu.components.whitespace_tokenizer import whitespace_tokens
from nlu.errors import PipelineError
from nlu.message import Message, Token

MESSAGES_PER_ZONE = 2000
# spaCy's time grows with the square of a run of punctuation.
_LONG_RUN = re.compile(r"\S{60}")


class SpacyTokenizerOptions(Options):
    """`model`: the language code of a blank spaCy pipeline; `xx` suits texts of all languages."""

    model: str = "xx"


class SpacyTokenizer(Component[SpacyTokenizerOptions]):
    """Splits with the tokenizer of a blank spaCy pipeline."""

    Options = SpacyTokenizerOptions
    ignored = frozenset({"intent_tokenization_flag", "intent_split_symbol", "token_pattern"})

    def __init__(self, options: SpacyTokenizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._spacy = _blank(options.model)
        # A memory zone belongs to one thread at a time.
        self._lock = threading.Lock()
        self._zone = ExitStack()
        self._read = 0

    def process(self, message: Message) -> None:
        if _LONG_RUN.search(message.text):
            message.tokens = whitespace_tokens(message.text)
            return
        with self._lock:
            self._forget_now_and_then()
            doc = self._spacy.tokenizer(message.text)
            message.tokens = [Token(t.text, t.idx, t.idx + len(t)) for t in doc if not t.is_space]
            del doc  # it must not outlive its zone

    def _forget_now_and_then(self) -> None:
        """Without zones spaCy would remember every word that ever came in; a zone for each message
        would cost more than reading it."""
        if self._read % MESSAGES_PER_ZONE == 0:
            self._zone.close()
            self._zone.enter_context(self._spacy.memory_zone())
        self._read += 1


def _blank(code: str) -> Any:
    import spacy  # half a second: only pipelines that ask for it pay

    try:
        return spacy.blank(code)
    except ImportError as error:
        raise PipelineError(
            "SpacyTokenizer",
            f"spaCy has no tokenizer ready for model {code!r}",
            "the code of a language, such as `en`, or `xx` for all",
        ) from error
