"""spaCy pipelines for components: installed ones, folders, and blank ones of a language."""

import threading
from contextlib import ExitStack
from typing import Any

from nlu.errors import PipelineError

MESSAGES_PER_ZONE = 2000
_CODE_LENGTH = 3


def load_spacy(component: str, model: str) -> Any:
    """The pipeline of an installed package or a folder, or the blank one of a language's code.

    Raises PipelineError, with the cure, where there is none.
    """
    import spacy  # half a second: only pipelines that ask for it pay

    try:
        return spacy.blank(model) if len(model) <= _CODE_LENGTH else spacy.load(model)
    except Exception as error:  # a package may raise anything; the usual is OSError
        raise _missing(component, model, error) from error


class ZonedPipeline:
    """A spaCy pipeline whose memory stays bounded, for several threads.

    Without zones spaCy would remember every word that ever came in; a zone for each message would
    cost more than reading it.
    """

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        # A memory zone belongs to one thread at a time.
        self.lock = threading.Lock()
        self._zone = ExitStack()
        self._read = 0

    def forget_now_and_then(self) -> None:
        """Call it under the lock before each message; what spaCy gave before must be let go."""
        if self._read % MESSAGES_PER_ZONE == 0:
            self._zone.close()
            self._zone.enter_context(self.pipeline.memory_zone())
        self._read += 1


def _missing(component: str, model: str, error: Exception) -> PipelineError:
    if len(model) <= _CODE_LENGTH:
        return PipelineError(
            component,
            f"spaCy has no rules ready for language {model!r}",
            "the code of a language, such as `en`, or `xx` for all",
        )
    if isinstance(error, OSError) and "E050" in str(error):
        return PipelineError(
            component,
            f"the spaCy model {model!r} is not installed",
            f"`python -m spacy download {model}` to have been run, the path of a model's folder, or"
            " the code of a language, such as `en`, for a model without training",
        )
    reason = " ".join(str(error).split())[:200]
    found = f"the spaCy model {model!r} cannot be loaded ({type(error).__name__}: {reason})"
    return PipelineError(component, found, "a model made for the installed version of spaCy")
