"""SpacyNLP: what a spaCy pipeline says of the text, for the components that stand after it."""

import re
from typing import Any

import numpy as np

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from nlu.components.spacy_models import ZonedPipeline, load_spacy
from nlu.message import Analysis, Message, Token

# spaCy's time grows with the square of a run of punctuation: every 60th character ends a token.
_LONG_RUN = re.compile(r"\S{60}")


class SpacyNLPOptions(Options):
    """`model`: an installed package, a folder, or a language's code; otherwise the pipeline's
    language. Without `case_sensitive` spaCy sees the text in lower case, as in Rasa."""

    model: str | None = None
    case_sensitive: bool = False


class SpacyNLP(Component[SpacyNLPOptions]):
    """Runs spaCy once; the tokenizer, featurizer and extractor share what it found."""

    Options = SpacyNLPOptions

    def __init__(self, options: SpacyNLPOptions, language: str) -> None:
        super().__init__(options, language)
        self._zoned = ZonedPipeline(load_spacy("SpacyNLP", options.model or language))

    def process(self, message: Message) -> None:
        seen = message.text if self.options.case_sensitive else _lowered(message.text)
        zoned = self._zoned
        with zoned.lock:
            zoned.forget_now_and_then()
            doc = zoned.pipeline(_LONG_RUN.sub(_cut, seen))
            message.analysis = _analysis(doc, message.text)
            del doc  # it must not outlive its zone

    def outside(self) -> str:
        return self._identity()

    def state(self) -> State:
        """Which model it was: another one has other vectors, and what was learned would not fit."""
        return State({"model": self._identity()})

    def restore(self, state: State) -> None:
        if state.values["model"] != self._identity():
            raise ValueError(
                f"it was trained with the spaCy model {state.values['model']},"
                f" and {self._identity()} is installed"
            )

    def _identity(self) -> str:
        meta = self._zoned.pipeline.meta
        return f"{meta.get('lang')}_{meta.get('name')} {meta.get('version')}"


def _analysis(doc: Any, text: str) -> Analysis:
    words = [t for t in doc if not t.is_space]
    tokens = [Token(text[t.idx : t.idx + len(t)], t.idx, t.idx + len(t)) for t in words]
    vectors = np.array([t.vector for t in words] if words else np.zeros((0, 0)), np.float32)
    entities = [
        Entity(e.label_, text[e.start_char : e.end_char], e.start_char, e.end_char)
        for e in doc.ents
    ]
    return Analysis(tokens, [t.tag_ for t in words], vectors, entities)


def _lowered(text: str) -> str:
    """Lower case, one character for one: a few capitals have a small form of two."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _cut(run: re.Match[str]) -> str:
    return run.group()[:-1] + " "
