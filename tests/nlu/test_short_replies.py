"""Yes, no and what is neither, in the languages of the lexicon."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.parse import Intent
from nlu.components.short_reply_classifier import (
    ShortReplyClassifier,
    ShortReplyClassifierOptions,
)
from nlu.message import Message
from nlu.replies.lexicon import FOLDER, GROUPS, SHARED, YES, lexicon
from nlu.replies.reading import read
from nlu.training.examples import Example, TrainingData

LANGUAGES = ("ar de en es fa fr hi id it ja pl pt ru tr uk zh").split(" ")  # noqa: SIM905
INTENTS = ("affirm", "deny", "out_of_scope", "greet", "goodbye", "thanks")
MOVES = 0.6

TEXTS = yaml.safe_load(Path(__file__).with_name("short_replies.yml").read_text("utf-8"))


def cases(kind: str) -> list[tuple[str, str]]:
    return [
        (lang, text.strip()) for lang, block in TEXTS[kind].items() for text in block.split("|")
    ]


def classifier() -> ShortReplyClassifier:
    found = ShortReplyClassifier(ShortReplyClassifierOptions(), "en")
    found.train(TrainingData([Example(f"text for {intent}", intent) for intent in INTENTS]), [])
    return found


CLASSIFIER = classifier()


def reading(text: str, language: str | None = "en") -> Message:
    """The text after a classifier that knew nothing."""
    message = Message(text, language)
    message.ranking = [Intent(intent, 1 / len(INTENTS)) for intent in INTENTS]
    CLASSIFIER.process(message)
    return message


def said(text: str, language: str | None = "en") -> str | None:
    """The intent that would move a flow."""
    top = reading(text, language).top
    return top.name if top and top.confidence >= MOVES else None


def leaning(text: str, language: str | None = "en") -> str:
    message = reading(text, language)
    return max(("affirm", "deny"), key=message.confidence)


@pytest.mark.parametrize(("language", "text"), cases("affirm"))
def test_yes(language: str, text: str) -> None:
    assert said(text, language) == "affirm"


@pytest.mark.parametrize(("language", "text"), cases("deny"))
def test_no(language: str, text: str) -> None:
    assert said(text, language) == "deny"


@pytest.mark.parametrize(("language", "text"), cases("unsure"))
def test_hedges_are_neither(language: str, text: str) -> None:
    assert said(text, language) == "out_of_scope"


@pytest.mark.parametrize(("language", "text"), cases("conditional"))
def test_a_yes_with_a_limit_is_a_conditional_yes(language: str, text: str) -> None:
    message = reading(text, language)
    assert said(text, language) == "affirm"
    assert message.metadata["conditional"] is True


@pytest.mark.parametrize(("language", "text"), cases("taken_back"))
def test_the_word_after_a_turn_counts(language: str, text: str) -> None:
    message = reading(text, language)
    assert said(text, language) == "deny"
    assert "conditional" not in message.metadata


@pytest.mark.parametrize("text", ["no wait yes", "no... actually yes", "nah jk yes please"])
def test_a_no_is_taken_back_too(text: str) -> None:
    assert said(text) == "affirm"


@pytest.mark.parametrize("text", ["yes?", "no?", "is it good", "do you want it or no", "sure?"])
def test_questions_are_neither(text: str) -> None:
    assert said(text) not in ("affirm", "deny")


@pytest.mark.parametrize(
    "text",
    ["banana", "the right address", "i am hungry", "i will send it", "noise", "42", "1", "yesterday"],
)  # fmt: skip
def test_what_holds_a_word_of_it_is_neither(text: str) -> None:
    assert said(text) not in ("affirm", "deny")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("that's all", "deny"), ("I'm good", "deny"), ("I'm all set thanks", "deny"),
        ("that'll be it", "deny"),
        ("nothing that I can think of", "deny"), ("we do not want another pizza", "deny"),
        ("sounds delicious to me", "affirm"), ("perfect, book the table", "affirm"),
        ("that would be great for my family", "affirm"), ("go ahead with the order", "affirm"),
    ],
)  # fmt: skip
def test_words_within_a_message_lean(text: str, expected: str) -> None:
    assert leaning(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "great, see you there", "affirm"), ("en", "yes, see you on Friday at two", "affirm"),
        ("es", "perfecto, nos vemos el lunes", "affirm"), ("de", "super, bis Freitag", "affirm"),
        ("fr", "oui, à mardi", "affirm"), ("it", "ottimo, a lunedì", "affirm"),
        ("pt", "ótimo, até sexta", "affirm"), ("ru", "хорошо, до пятницы", "affirm"),
        ("pl", "super, do piątku", "affirm"), ("zh", "好的，周五见", "affirm"),
        ("en", "see you there", "goodbye"), ("es", "hasta mañana", "goodbye"),
        ("en", "ok bye", "goodbye"), ("de", "bis morgen", "goodbye"),
    ],
)  # fmt: skip
def test_who_agrees_and_looks_forward_to_a_meeting_says_yes(
    language: str, text: str, expected: str
) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("es", "digo q no", "deny"), ("es", "por supuesto q no", "deny"),
        ("es", "seguro q sí", "affirm"), ("pt", "n quero nada", "deny"),
        ("pt", "acho q não", "deny"), ("it", "nn mi interessa", "deny"),
    ],
)  # fmt: skip
def test_small_words_may_be_texted_short(language: str, text: str, expected: str) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "my car broke down, can't make it", "deny"),
        ("en", "no, we're travelling that week", "deny"),
        ("es", "trabajo el lunes, no puedo", "deny"),
        ("de", "ich muss absagen, das Auto ist kaputt", "deny"),
        ("ru", "я на даче, не смогу", "deny"),
        ("it", "certo, porto anche mio marito", "affirm"),
        ("fr", "bien sûr, je prends le train de neuf heures", "affirm"),
    ],
)
def test_an_answer_may_come_with_its_reason(language: str, text: str, expected: str) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "great, where is the exit",
        "yes, my dog, no",
        "maybe, the train is late, yes",
        "my phone fell into the water yesterday and my brother took it to a shop downtown, no",
    ],
)
def test_a_clause_that_settles_nothing_is_no_answer(text: str) -> None:
    assert said(text) not in ("affirm", "deny")


@pytest.mark.parametrize("text", ["is it a yes from you", "maybe I would like the blue one"])
def test_a_question_or_a_hedge_takes_from_yes_and_no_alike(text: str) -> None:
    message = Message(text, "en")
    message.ranking = [Intent("affirm", 0.6), Intent("deny", 0.3), Intent("greet", 0.1)]
    CLASSIFIER.process(message)
    assert message.confidence("affirm") + message.confidence("deny") == pytest.approx(0.35)
    assert message.confidence("affirm") > message.confidence("deny")


def test_a_friendly_end_moves_no_flow_by_itself() -> None:
    assert said("I'm good") is None
    assert said("that's all, thanks") is None


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("no", "pl", "affirm"), ("no", "es", "deny"), ("ne", "de", "deny"), ("na", "hi", "deny"),
        ("iya", "id", "affirm"),
        ("iya", "ja", "deny"), ("да", "en", "affirm"), ("いいえ", None, "deny"), ("da", None, "affirm"),
        ("sí claro", "en", "affirm"), ("oui", "pt-BR", "affirm"), ("yes gracias", "es", "affirm"),
    ],
)  # fmt: skip
def test_the_language_decides_where_words_are_alike(
    text: str, language: str | None, expected: str
) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_many_forms(language: str) -> None:
    groups = Counter(by[language] for by in lexicon().groups.values() if language in by)
    assert sum(groups[g] for g in (*YES, "rhetorical")) >= 60
    assert sum(groups[g] for g in ("deny", "deny_alone", "deny_not")) >= 60
    for group in ("unsure", "turns", "conditions", "asks", "thanks", "greet", "filler", "enough"):
        assert groups[group] >= 5, group


MEANINGS = {
    "affirm": "affirm", "affirm_alone": "affirm", "agree": "affirm",
    "emphasis": "affirm", "rhetorical": "affirm",
    "deny": "deny", "deny_alone": "deny", "deny_not": "deny", "not": "deny", "enough": "enough",
    "unsure": "unsure", "thanks": "thanks", "greet": "greet", "goodbye": "goodbye",
}  # fmt: skip


@pytest.mark.parametrize("language", [*LANGUAGES, SHARED, "other"])
def test_each_phrase_means_in_its_language_what_it_is_listed_for(language: str) -> None:
    listed = [(p, by[language]) for p, by in lexicon().groups.items() if language in by]
    wrong = [
        (" ".join(phrase), group)
        for phrase, group in listed
        if group in MEANINGS and read(lexicon(), phrase, (language,)).meaning != MEANINGS[group]
    ]
    assert listed
    assert not wrong


def test_each_file_is_a_language_or_named() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == {*LANGUAGES, SHARED, "other"}
    assert {g for by in lexicon().groups.values() for g in by.values()} <= GROUPS


ANSWERS = [
    (" ".join(phrase), language)
    for phrase, by in sorted(lexicon().groups.items())
    for language, group in by.items()
    if group in ("affirm", "deny") and language != "other"
]


def test_each_listed_answer_is_read_as_one() -> None:
    assert [answer for answer in ANSWERS if said(*answer) not in ("affirm", "deny")] == []


@pytest.mark.parametrize(("written", "spoken"), [("رايع", "رائع"), ("رقم خاطي", "رقم خاطئ")])
def test_a_hamza_may_be_missing(written: str, spoken: str) -> None:
    assert said(written, "ar") == said(spoken, "ar") is not None


@given(st.sampled_from(ANSWERS), st.sampled_from(["!", "!!!", ".", "...", " ", "  \n", " 🙂", "❤️"]))
@settings(max_examples=200, deadline=None)
def test_case_and_punctuation_change_nothing(answer: tuple[str, str], ending: str) -> None:
    text, language = answer
    expected = said(text, language)
    assert expected in ("affirm", "deny")
    assert said(text + ending, language) == expected
    assert said(text.upper(), language) == expected


@given(
    st.sampled_from(["yes", "no", "yep", "nope", "sure", "nah", "да", "нет", "oui", "evet", "बस"])
)
def test_stretched_letters_change_nothing(text: str) -> None:
    expected = reading(text, None).top
    stretched = reading(text + text[-1] * 7, None).top
    assert expected
    assert stretched
    assert stretched.name == expected.name


@given(st.sampled_from("👍👎👌🙅🙆🙋🤙🤷"), st.sampled_from(["🏻", "🏽", "🏿"]), st.integers(1, 5))
def test_the_tone_of_a_skin_changes_nothing(emoji: str, tone: str, times: int) -> None:
    assert said((emoji + tone) * times) == said(emoji)


ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
WORDY_TEXT = st.lists(st.sampled_from([word for word, _ in ANSWERS] + ["but", "not", "wait", "?"]))


@given(ANY_TEXT | WORDY_TEXT.map(" ".join), st.sampled_from([None, *LANGUAGES]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_the_same_twice(text: str, language: str | None) -> None:
    first, second = reading(text, language), reading(text, language)
    assert first.ranking == second.ranking
    assert sum(i.confidence for i in first.ranking) == pytest.approx(1.0)
    assert all(0.0 <= i.confidence <= 1.0 for i in first.ranking)


@pytest.mark.parametrize(
    "text", ["no " * 40_000, "yes" + "s" * 100_000, "👍" * 50_000, "不" * 50_000]
)
@pytest.mark.timeout(2)
def test_long_texts_are_read_in_time(text: str) -> None:
    reading(text)


def test_of_a_long_text_the_beginning_alone_decides_nothing() -> None:
    assert said("yes " + "and so on with more of this " * 20) != "deny"
    assert reading("no thank you sir " * 12 + "but I changed my mind, yes").decided_by == ""
