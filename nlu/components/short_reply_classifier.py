"""ShortReplyClassifier: yes, no and the like by lexicon, beside what the classifier has learned."""

import re
from collections.abc import Sequence
from math import exp, log

from bot.engine.parse import Intent
from nlu.components.component import Component, Options, State
from nlu.folding import pieces
from nlu.message import Message, by_confidence
from nlu.replies.lexicon import lexicon
from nlu.replies.reading import Reading, read
from nlu.training.examples import TrainingData

READ_AT_MOST = 150
SURE = 0.99
UNDECIDED = 0.8
# Too little to move a flow, whether it asked for yes and no or not.
QUESTIONED = 0.35
# "I'm good": no to an offer, and nothing where none was made.
ENOUGH = 0.5
# What a message that begins with yes or no gets, and how likely the classifier must find it.
OPENED = 0.75
PLAUSIBLE = 0.15
OTHER_IS_CLEAR = 0.5
# How far the classifier's ratio of yes to no may outweigh the words; log-odds.
LEARNED_AT_MOST = 4.0
CONDITIONAL = "conditional"
# What a message gets one of whose clauses is an answer by itself.
CLAUSE = 0.75
# A longer message tells more than why.
REASONED_AT_MOST = 14
_CLAUSE_ENDS = re.compile(r"[,;.!\n،؛。，！、…]|\s[-–—]\s")
_QUESTION_MARKS = ("?", "؟", "？")
# Folding drops the sign.
_MINUS_ONE = re.compile(r"\A\s{0,9}[-−–]\s?1(?![\d.,:/])")
_LEAST = 1e-6


class ShortReplyClassifierOptions(Options):
    """The intent of the project that each meaning stands for."""

    affirm: str = "affirm"
    deny: str = "deny"
    unsure: str = "out_of_scope"
    greet: str = "greet"
    goodbye: str = "goodbye"
    thanks: str = "thanks"


class ShortReplyClassifier(Component[ShortReplyClassifierOptions]):
    """Overrules the trained classifier where every word of the message is in the lexicon; elsewhere
    the lexicon's words add to what the classifier says of yes against no."""

    Options = ShortReplyClassifierOptions

    def __init__(self, options: ShortReplyClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._lexicon = lexicon()
        self._intents: set[str] = set()
        self._exceptions: set[str] = set()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        self._intents = set(data.intents())
        # A project that teaches another meaning for one of these texts knows better.
        self._exceptions = {
            " ".join(_words(e.text[:READ_AT_MOST]))
            for e in data.examples
            if not _asks(e.text) and self._disagrees(e.text, e.intent, e.language)
        }

    def process(self, message: Message) -> None:
        text = message.text[:READ_AT_MOST]
        words = _words(text)
        if not words or (self._exceptions and " ".join(words) in self._exceptions):
            return
        reading = self._read(words, message.language)
        questioned = _asks(message.text)
        whole = len(message.text) <= READ_AT_MOST or " " not in text
        intent = self._intent(reading.meaning) if whole else None
        if intent is not None:
            message.rank(intent, self._confidence(reading, questioned))
            message.decided_by = "ShortReplyClassifier"
        elif whole and reading.meaning == "enough":
            self._read_enough(message)
        elif not questioned:
            self._read_opening(message, reading)
            self._read_clauses(message, text)
        if intent is None or reading.meaning not in ("affirm", "deny"):
            self._weigh(message, reading.evidence)
        if reading.doubtful and intent is None:
            self._doubt(message)
        top = message.top
        if reading.conditional and top and top.name == self.options.affirm:
            message.metadata[CONDITIONAL] = True

    def state(self) -> State:
        return State({"intents": sorted(self._intents), "exceptions": sorted(self._exceptions)})

    def restore(self, state: State) -> None:
        self._intents = set(state.words("intents"))
        self._exceptions = set(state.words("exceptions"))

    def _read(self, words: Sequence[str], language: str | None) -> Reading:
        hints = dict.fromkeys(
            code.split("-")[0] for code in (language, self.language, "en") if code
        )
        return read(self._lexicon, words, tuple(hints))

    def _disagrees(self, text: str, intent: str, language: str | None) -> bool:
        words = _words(text[:READ_AT_MOST])
        meant = self._intent(self._read(words, language).meaning) if words else None
        return meant is not None and meant != intent

    def _intent(self, meaning: str | None) -> str | None:
        intent = getattr(self.options, meaning) if meaning and meaning != "enough" else None
        return intent if intent in self._intents else None

    def _confidence(self, reading: Reading, questioned: bool) -> float:
        if reading.contradictory:
            return UNDECIDED
        answers = reading.meaning in ("affirm", "deny")
        return QUESTIONED if questioned and answers and not reading.rhetorical else SURE

    def _read_enough(self, message: Message) -> None:
        """`I'm good`: no where the flow asked, and else nothing that moves it."""
        unsure, deny = self._intent("unsure"), self._intent("deny")
        if unsure is not None:
            message.rank(unsure, UNDECIDED)
        if deny is not None:
            message.rank(deny, ENOUGH)
        message.decided_by = "ShortReplyClassifier"

    def _read_opening(self, message: Message, reading: Reading) -> None:
        """`yes, and add cheese`: what begins with yes means it, unless something gainsays it."""
        intent = self._intent(reading.opening)
        if intent is None:
            return
        passes = [intent, self.options.unsure, *([self.options.goodbye] * reading.meets)]
        top = message.top
        if top and top.name not in passes and top.confidence > OTHER_IS_CLEAR:
            return
        if (0.0 if reading.meets else PLAUSIBLE) <= message.confidence(intent) < OPENED:
            message.rank(intent, OPENED)

    def _read_clauses(self, message: Message, text: str) -> None:
        """`I'm at work, can't make it`, `no, we're travelling`: an answer and its reason."""
        clauses = [words for part in _CLAUSE_ENDS.split(text) if (words := _words(part))]
        if len(clauses) < 2 or sum(map(len, clauses)) > REASONED_AT_MOST:
            return
        first = self._read(clauses[0], message.language)
        last = self._read(clauses[-1], message.language)
        said = {r.meaning for r in (first, last) if r.meaning in ("affirm", "deny", "unsure")}
        clear = any(r.clear for r in (first, last))
        intent = self._intent(next(iter(said))) if len(said) == 1 and clear else None
        if intent is None or intent == self.options.unsure:
            return
        top = message.top
        passes = (intent, self.options.unsure, self.options.goodbye, self.options.thanks)
        if top and top.name not in passes and top.confidence > OTHER_IS_CLEAR:
            return
        if message.confidence(intent) < CLAUSE:
            message.rank(intent, CLAUSE)

    def _weigh(self, message: Message, evidence: float) -> None:
        """Share what yes and no have together between them: the words' log-odds and the
        classifier's are added. The others keep theirs."""
        affirm, deny = self.options.affirm, self.options.deny
        if not evidence or not {affirm, deny} <= self._intents:
            return
        yes, no = message.confidence(affirm), message.confidence(deny)
        learned = log(max(yes, _LEAST) / max(no, _LEAST))
        odds = evidence + max(-LEARNED_AT_MOST, min(LEARNED_AT_MOST, learned))
        share = (yes + no) / (1.0 + exp(-odds))
        others = [i for i in message.ranking if i.name not in (affirm, deny)]
        both = [Intent(affirm, share), Intent(deny, yes + no - share)]
        message.ranking = by_confidence([*both, *others])

    def _doubt(self, message: Message) -> None:
        """A question or a hedge is neither yes nor no, however many of their words it holds."""
        answers = (self.options.affirm, self.options.deny)
        both = sum(i.confidence for i in message.ranking if i.name in answers)
        if not QUESTIONED < both < 1.0:
            return
        less, more = QUESTIONED / both, (1.0 - QUESTIONED) / (1.0 - both)
        message.ranking = by_confidence(
            [
                Intent(i.name, i.confidence * (less if i.name in answers else more))
                for i in message.ranking
            ]
        )


def _asks(text: str) -> bool:
    return text.rstrip().endswith(_QUESTION_MARKS)


def _words(text: str) -> list[str]:
    """The folded words, of each at most two in a row: `no no no no`."""
    kept: list[str] = []
    for word in pieces(_MINUS_ONE.sub(" 👎 ", text, count=1)):
        if kept[-2:] != [word, word]:
            kept.append(word)
    return kept
