"""FallbackClassifier: `nlu_fallback` where no intent is likely enough, or two are about equal."""

from pydantic import Field

from bot.engine.parse import FALLBACK_INTENT, Intent
from nlu.components.component import Component, Options
from nlu.message import Message


class FallbackClassifierOptions(Options):
    """Below `threshold`, or nearer to the next than `ambiguity_threshold`, nothing was read."""

    threshold: float = Field(default=0.6, ge=0, le=1)
    ambiguity_threshold: float = Field(default=0.1, ge=0, le=1)


class FallbackClassifier(Component[FallbackClassifierOptions]):
    """A wrong guess must not move a flow, so a weak one is taken back."""

    Options = FallbackClassifierOptions

    def process(self, message: Message) -> None:
        top = message.top
        if top is None:
            message.ranking = [Intent(FALLBACK_INTENT, 1.0)]
        elif self._is_weak(top, message.ranking[1:2]):
            confidence = max(self.options.threshold, top.confidence)
            message.ranking = [Intent(FALLBACK_INTENT, confidence), *message.ranking]

    def _is_weak(self, top: Intent, second: list[Intent]) -> bool:
        if top.confidence < self.options.threshold:
            return True
        return any(top.confidence - s.confidence < self.options.ambiguity_threshold for s in second)
