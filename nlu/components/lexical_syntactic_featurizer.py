"""LexicalSyntacticFeaturizer: how each word and its neighbours look, for CRFEntityExtractor."""

from nlu.components.component import Component, Options
from nlu.components.token_features import WindowOption, features_of_tokens
from nlu.message import Message

_NEIGHBOUR = ["low", "title", "upper"]
DEFAULT_FEATURES = [
    _NEIGHBOUR,
    ["BOS", "EOS", "low", "upper", "title", "digit"],
    _NEIGHBOUR,
]


class LexicalSyntacticFeaturizerOptions(Options):
    """`features`: lists of names for the words before, the word itself and those after."""

    features: WindowOption = DEFAULT_FEATURES


class LexicalSyntacticFeaturizer(Component[LexicalSyntacticFeaturizerOptions]):
    """As in Rasa, these are features of words: no classifier of whole messages reads them."""

    Options = LexicalSyntacticFeaturizerOptions

    def process(self, message: Message) -> None:
        message.token_features["lexical"] = features_of_tokens(message, self.options.features)
