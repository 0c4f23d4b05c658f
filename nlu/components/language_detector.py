"""LanguageDetector: the language of each message, among those of the bot.

The language of the contact stays unless the message clearly says otherwise: what follows takes
`message.language` as a hint. docs/languages.md says how it decides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field, field_validator

from nlu.components.component import Component, Options, State
from nlu.languages.model import LanguageModel, Reading, learn
from nlu.languages.ngrams import READ_AT_MOST, is_unspaced, words_of
from nlu.languages.scripts import LATIN, SCRIPTS, script_of, written_in
from nlu.languages.wordlists import everywhere, word_lists
from nlu.message import Message
from nlu.training.examples import Example, TrainingData

# What a script alone says, where one of the bot's languages is written in it.
BY_SCRIPT = 0.99
# How much likelier the language of the contact is beforehand than each of the others, and how much
# less likely one whose main script is another, such as Hindi in Latin letters.
PRIOR = 8.0
SECOND_SCRIPT = 4.0
# What letters alone must come to, and in how many words more than a name has, to contradict the
# contact's language.
SURE = 0.95
_LONGEST_NAME = 2
# One word in so many must be known of a language that there is nothing to weigh against.
_SOME_OF = 3
# What the likeliest needs where the script rules out the contact's own.
LIKELY = 0.5
# A script is one of a language's where so large a share of its examples is written in it.
_SHARE_OF_SCRIPT = 0.02
_FEWEST_OF_SCRIPT = 3


class LanguageDetectorOptions(Options):
    """The bot's languages, where neither config.yml nor the data names them; and how sure to be."""

    languages: list[str] = Field(default_factory=list)
    threshold: float = Field(default=0.7, gt=0.0, le=1.0)

    @field_validator("languages")
    @classmethod
    def _codes(cls, languages: list[str]) -> list[str]:
        if not all(language_code(each) for each in languages):
            raise ValueError("a language is a code such as `es`")
        return languages


class LanguageDetector(Component[LanguageDetectorOptions]):
    """Sets `message.language`, and tells in the metadata what it found and how surely."""

    Options = LanguageDetectorOptions
    learns_from = frozenset({"texts", "languages", "spans"})

    def __init__(self, options: LanguageDetectorOptions, language: str) -> None:
        super().__init__(options, language)
        self._scripts: dict[str, tuple[str, ...]] = {}
        self._model: LanguageModel | None = None
        self._neutral: frozenset[str] = frozenset()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        own = language_code(self.language)
        texts: dict[str, list[str]] = {}
        untold: list[str] = []
        for example in data.examples:
            told = language_code(example.language)
            (texts.setdefault(told, []) if told else untold).append(_plain(example))
        named = map(language_code, self.options.languages or texts)
        languages = list(dict.fromkeys([own, *named]))
        if len(languages) > 1 and untold:
            # Examples without a language are the bot's own, unless they are clearly another's.
            self._learn(languages, texts)
            for text in untold:
                found = self._detect(text, own)
                texts.setdefault(found[0] if found else own, []).append(text)
        self._learn(languages, texts)

    def _learn(self, languages: Sequence[str], texts: Mapping[str, Sequence[str]]) -> None:
        # Of one language there is nothing to tell apart.
        several = len(languages) > 1
        known = word_lists() if several else {}
        self._neutral = everywhere()
        self._scripts = {each: _scripts_of(each, texts.get(each, ())) for each in languages}
        self._model = learn(
            {each: texts.get(each, ()) if several else () for each in languages},
            {each: known[each].words for each in languages if each in known},
            {each: known[each].letters for each in languages if each in known},
        )

    def process(self, message: Message) -> None:
        if len(self._scripts) < 2:
            return
        prior = language_code(message.language)
        found = self._detect(message.text, prior)
        if found is None:
            return
        language, confidence = found
        message.metadata["language"] = {"detected": language, "confidence": round(confidence, 4)}
        if language != prior:
            message.language = language

    def _detect(self, text: str, prior: str) -> tuple[str, float] | None:
        beginning = text[:READ_AT_MOST]
        script = script_of(beginning)
        if script is None:
            return None
        return self._by_script(script, prior) or self._by_words(beginning, script, prior)

    def _by_script(self, script: str, prior: str) -> tuple[str, float] | None:
        candidates = written_in(script, self._scripts)
        if script == LATIN or len(candidates) != 1 or self._is_of_foreign(prior, script):
            return None
        return candidates[0], BY_SCRIPT

    def _by_words(self, text: str, script: str, prior: str) -> tuple[str, float] | None:
        candidates = written_in(script, self._scripts)
        words = [word for word in words_of(text) if word not in self._neutral]
        if not candidates or not any(len(w) > 1 or is_unspaced(w) for w in words):
            return None
        if self._model is None:
            return None
        reading = self._model.read(
            words, {each: self._odds(each, script, prior) for each in candidates}
        )
        language = max(reading.probabilities, key=lambda each: reading.probabilities[each])
        confidence = reading.probabilities[language]
        if script != LATIN and prior not in candidates and not self._is_of_foreign(prior, script):
            # The contact's language it cannot be; what is likeliest is then better than nothing.
            return (language, confidence) if confidence >= LIKELY else None
        if confidence < self.options.threshold:
            return None
        if language != prior and not self._knows(words, reading, language, prior):
            return None
        return language, confidence

    def _odds(self, language: str, script: str, prior: str) -> float:
        """How much likelier than another the language is, before a word is read."""
        odds = PRIOR if language == prior else 1.0
        return odds if self._scripts[language][0] == script else odds / SECOND_SCRIPT

    def _knows(self, words: Sequence[str], reading: Reading, language: str, prior: str) -> bool:
        """Letters alone seldom contradict a contact: a name is of no language."""
        known = reading.known[language]
        if prior and prior not in self._scripts:
            # A language that is not the bot's cannot be weighed; its words may be listed.
            listed = word_lists().get(prior)
            theirs = sum(word in listed.words for word in words) if listed else 0
            return known > theirs and known * _SOME_OF >= len(words)
        if len(reading.probabilities) == 1:
            return known * _SOME_OF >= len(words)
        surely = len(words) > _LONGEST_NAME and reading.probabilities[language] >= SURE
        return known > 0 or surely

    def _is_of_foreign(self, prior: str, script: str) -> bool:
        """Whether the contact's language is none of the bot's and is written in this script."""
        listed = word_lists().get(prior)
        return prior not in self._scripts and listed is not None and script in listed.scripts

    def state(self) -> State:
        if self._model is None:
            return State()
        values = {
            "languages": self._model.languages,
            "grams": self._model.grams,
            "scripts": {each: list(found) for each, found in sorted(self._scripts.items())},
            "neutral": sorted(self._neutral),
        }
        return State(values, {"weights": self._model.weights})

    def restore(self, state: State) -> None:
        languages, grams = state.words("languages"), state.words("grams")
        weights = state.array("weights", (len(grams), len(languages)))
        scripts = state.values["scripts"]
        if not isinstance(scripts, dict) or set(scripts) != set(languages):
            raise ValueError("scripts are not those of the languages")
        self._scripts = {
            str(each): tuple(name for name in found if name in SCRIPTS)
            for each, found in scripts.items()
        }
        self._neutral = frozenset(state.words("neutral"))
        self._model = LanguageModel(languages, grams, weights)


def language_code(language: str | None) -> str:
    """`pt` of `pt-BR`; empty where there is none."""
    return (language or "").replace("_", "-").split("-")[0].strip().lower()


def _plain(example: Example) -> str:
    """The text without what is marked in it: names and places are of no language."""
    text = example.text
    for entity in sorted(example.entities, key=lambda each: -each.start):
        text = text[: entity.start] + text[entity.end :]
    return text


def _scripts_of(language: str, texts: Iterable[str]) -> tuple[str, ...]:
    """What it is written in, as the examples show and as listed; the main one first."""
    listed = word_lists().get(language)
    counted = Counter(script for text in texts if (script := script_of(text)) is not None)
    fewest = max(_FEWEST_OF_SCRIPT, _SHARE_OF_SCRIPT * counted.total())
    shown = [script for script, times in counted.most_common() if times >= fewest]
    known = [*(listed.scripts if listed else ()), *shown]
    return tuple(dict.fromkeys(known)) or (LATIN,)
