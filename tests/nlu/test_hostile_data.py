"""Training data that is odd, contradictory or large: a model that reads, or clear words why not."""

from pathlib import Path

import pytest

from nlu.config import DEFAULT_STEPS
from nlu.pipeline import Interpreter, TrainedModel, TrainingDataError, load, save, train

LEARNERS = """
pipeline:
- name: LanguageDetector
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: SklearnIntentClassifier
- name: ShortReplyClassifier
- name: RegexEntityExtractor
- name: FallbackClassifier
"""
Intents = dict[str, list[str]]


def project(folder: Path, intents: Intents, pipeline: str = LEARNERS) -> Path:
    """A project of these examples; the texts are written in quotes, as YAML allows any."""
    lines = ["nlu:"]
    for intent, texts in intents.items():
        lines += [f"- intent: {intent}", "  examples:"]
        lines += [f"  - text: {_quoted(text)}" for text in texts]
    (folder / "nlu" / "data").mkdir(parents=True)
    (folder / "nlu" / "data" / "nlu.yml").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "config.yml").write_text(f"language: en\n{pipeline}", "utf-8")
    return folder


def _quoted(text: str) -> str:
    escaped = "".join(c if c.isalnum() or c == " " else f"\\U{ord(c):08X}" for c in text)
    return f'"{escaped}"'


def taught(folder: Path, intents: Intents, pipeline: str = LEARNERS) -> TrainedModel:
    return train(project(folder, intents, pipeline))


def loaded(model: TrainedModel, folder: Path) -> Interpreter:
    save(model, folder / "models")
    return load(folder / "models")


@pytest.mark.parametrize(
    ("intents", "words"),
    [
        ({}, ["nlu/data", "intents"]),
        ({"greet": ["hi", "hello"]}, ["fewer than two intents", "greet", "nlu/data/nlu.yml"]),
        ({"greet": [], "bye": []}, ["fewer than two intents"]),
        ({"greet": ["hi"], "bye": []}, ["fewer than two intents", "greet"]),
        ({"greet": ["hi"], "bye": ["", "  "]}, ["fewer than two intents", "greet"]),
    ],
)
def test_too_little_to_learn_from(tmp_path: Path, intents: Intents, words: list[str]) -> None:
    with pytest.raises(TrainingDataError) as caught:
        taught(tmp_path, intents)
    for word in words:
        assert word in str(caught.value)


def test_the_same_text_for_two_intents(tmp_path: Path) -> None:
    same = ["maybe so", "let me see", "we will see"]
    model = taught(tmp_path, {"a": same, "b": same, "c": ["far away", "over there"]})
    assert sum("is b here and a in" in notice for notice in model.notices) == 3
    parse = loaded(model, tmp_path).parse("maybe so")
    first, second = (next(i for i in parse.ranking if i.name == name) for name in "ab")
    assert abs(first.confidence - second.confidence) < 0.05
    assert first.confidence < 0.6


def test_every_text_for_every_intent(tmp_path: Path) -> None:
    model = taught(tmp_path, {name: ["yes", "no", "hello there"] for name in ("a", "b", "c")})
    assert max(i.confidence for i in loaded(model, tmp_path).parse("hello there").ranking) <= 1.0


def test_one_text_a_thousand_times(tmp_path: Path) -> None:
    model = taught(tmp_path, {"a": ["come again"] * 1000, "b": ["go away", "leave"]})
    reader = loaded(model, tmp_path)
    assert reader.parse("come again").ranking[0].name != "b"
    assert len(model.notices) < 10


def test_texts_without_a_word(tmp_path: Path) -> None:
    signs = ["👍", "...", "?!", "\u200b", "\u202e", "\u0301", "\ufeff", "٣", "\U0010ffff"]
    model = taught(tmp_path, {"signs": signs, "words": ["these are words", "and more of them"]})
    reader = loaded(model, tmp_path)
    for text in (*signs, "these are words", "neither"):
        assert reader.parse(text).text == text


def test_nothing_but_texts_without_a_word(tmp_path: Path) -> None:
    model = taught(tmp_path, {"a": ["...", "?"], "b": ["!", "!!"]})
    assert loaded(model, tmp_path).parse("hello").text == "hello"


def test_texts_of_any_length(tmp_path: Path) -> None:
    long = ["word " * 20_000, "x" * 100_000, "好" * 100_000, "((" * 50_000]
    model = taught(tmp_path, {"long": long, "short": ["a", "b", "c"]})
    assert loaded(model, tmp_path).parse("word word").ranking


def test_names_of_intents_are_any_text(tmp_path: Path) -> None:
    names = ["'sí/no'", "'100%'", "'a b'", "'да'", "'../..'", "'nlu_fallback'"]
    model = taught(tmp_path, {n: [f"text {i} of it", f"say {i}"] for i, n in enumerate(names)})
    known = {i.name for i in loaded(model, tmp_path).parse("text 3 of it").ranking}
    assert {"100%", "a b", "да"} <= known


# Of each intent two examples.
ADJECTIVES = [a + b for a in ("bl", "gr", "st", "tr", "pl") for b in ("ick", "and", "ost", "ule")]
NOUNS = [a + b for a in ("do", "wa", "ke", "mi", "ru") for b in ("lan", "ber", "tik", "mos", "fen")]


def test_a_thousand_intents_with_the_pipeline_that_ships(tmp_path: Path) -> None:
    texts = [f"{a} {b}" for a in ADJECTIVES for b in NOUNS] + [
        f"{b} {a}" for b in NOUNS for a in ADJECTIVES
    ]
    intents = {f"i{n}": [f"my {text}", f"about the {text} please"] for n, text in enumerate(texts)}
    model = taught(tmp_path, intents, pipeline="")
    assert [step.name for step in model.config.steps] == [step.name for step in DEFAULT_STEPS]
    assert len(model.intents) == 1000
    assert any("1000 intents" in notice for notice in model.notices)
    reader = loaded(model, tmp_path)
    for place in (0, 123, 456, 499):
        ranking = [i.name for i in reader.parse(f"hello, my {texts[place]}").ranking]
        assert f"i{place}" in ranking[:3]
