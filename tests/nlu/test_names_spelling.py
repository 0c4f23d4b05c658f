"""How names are spelled, which of their words are what, and how the tagger learns."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.parse import Intent
from nlu.components.component import State
from nlu.components.name_entity_extractor import NameEntityExtractor, NameEntityExtractorOptions
from nlu.message import Message
from nlu.names.finder import Expectation, find_name
from nlu.names.lexicon import lexicon
from nlu.names.replies import made_up
from nlu.names.spelling import parts_of, spelled
from nlu.names.tagging import NameTagger
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import split_words
from nlu.training.reader import read_project

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Expectation(likely=0.9, leads=True, other_is_clear=False)


@pytest.fixture(scope="module")
def extractor() -> NameEntityExtractor:
    made = NameEntityExtractor(NameEntityExtractorOptions(parts=True), "en")
    made.train(read_project(ROOT), [])
    return made


@pytest.fixture(scope="module")
def vocabulary(extractor: NameEntityExtractor) -> Vocabulary:
    words = Vocabulary()
    words.restore(State(extractor.state().values["words"]))
    return words


@pytest.fixture(scope="module")
def tagger(extractor: NameEntityExtractor) -> NameTagger:
    field = NameTagger()
    state = extractor.state()
    field.restore(State(state.values["field"], state.arrays))
    return field


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("mary-ann o'brien", "Mary-Ann O'Brien"),
        ("de la cruz", "de la Cruz"),
        ("dick van dyke", "Dick van Dyke"),
        ("mcdonald", "McDonald"),
        ("mcgee", "McGee"),
        ("mc", "Mc"),
        ("gianni d'angelo", "Gianni D'Angelo"),
        ("sinead o’connor", "Sinead O’Connor"),
        ("j.r. ewing", "J.R. Ewing"),
        ("al gore", "Al Gore"),
        ("kim al", "Kim Al"),
        ("henry tudor iii", "Henry Tudor III"),
        ("dr. weber", "Dr. Weber"),
        ("анна", "Анна"),
        ("علی", "علی"),
        # Whoever uses capitals means them.
        ("MIKE", "MIKE"),
        ("mARY", "mARY"),
        ("bell hooks Jr", "bell hooks Jr"),
    ],
)
def test_a_name_gets_capitals_only_where_it_has_none(typed: str, value: str) -> None:
    assert spelled(typed) == value


@given(st.text(max_size=60))
def test_spelling_changes_capitals_alone(name: str) -> None:
    assert spelled(name).casefold() == name.casefold()


@pytest.mark.parametrize(
    ("name", "given_name", "family_name"),
    [
        ("Ana", "Ana", ""),
        ("Smith", "", "Smith"),
        ("Dr. Smith", "", "Smith"),
        ("Mr. Bob", "Bob", ""),
        ("Bob Smith", "Bob", "Smith"),
        ("Bob Smith Jr", "Bob", "Smith Jr"),
        ("Anna Maria van Dyke", "Anna Maria", "van Dyke"),
        ("José García López", "José", "García López"),
        ("Mary Jane Watson", "Mary Jane", "Watson"),
        ("de la Cruz", "", "de la Cruz"),
        ("Kowalski Jan", "Jan", "Kowalski"),
    ],
)
def test_which_words_are_the_given_and_the_family_name(
    vocabulary: Vocabulary, name: str, given_name: str, family_name: str
) -> None:
    words = split_words(name, lexicon())
    parts = parts_of(words, vocabulary)
    given_words = words[parts.given.first : parts.given.last] if parts.given else []
    family_words = words[parts.family.first : parts.family.last] if parts.family else []
    assert " ".join(w.text for w in given_words) == given_name
    assert " ".join(w.text for w in family_words) == family_name


def test_made_up_replies_are_the_same_each_time_and_mark_their_name() -> None:
    once, again = (list(made_up(["table", "house"], seed=3)) for _ in range(2))
    assert once == again
    assert once != list(made_up(["table", "house"], seed=4))
    named = [reply for reply in once if reply.end]
    assert len(named) > 1000
    for reply in named:
        name = reply.text[reply.start : reply.end]
        assert name == name.strip() != ""


@pytest.mark.parametrize("text", ["Velmarinka", "Tormund Aldersyke", "my name is zorvath"])
def test_the_tagger_reads_names_that_nobody_listed(
    tagger: NameTagger, vocabulary: Vocabulary, text: str
) -> None:
    words = split_words(text, lexicon())
    tagged = tagger.tag(text, words, vocabulary)
    assert tagged is not None
    assert tagged.last == len(words)


def test_a_model_without_a_field_is_refused() -> None:
    made = NameEntityExtractor(NameEntityExtractorOptions(), "en")
    for state in (State(), State({"words": {}}), State({"words": {}, "field": {}})):
        with pytest.raises((KeyError, TypeError, ValueError)):
            made.restore(state)


def test_parts_are_entities_where_the_project_wants_them(extractor: NameEntityExtractor) -> None:
    message = Message("i'm anna lee", ranking=[Intent("inform_name", 0.9)])
    extractor.process(message)
    found = [(e.entity, e.value, message.text[e.start : e.end]) for e in message.entities]
    assert found == [
        ("name", "Anna Lee", "anna lee"),
        ("given_name", "Anna", "anna"),
        ("family_name", "Lee", "lee"),
    ]


def test_a_clear_other_intent_vetoes_what_is_no_listed_name(extractor: NameEntityExtractor) -> None:
    for intent, found in (("inform_name", True), ("affirm", False), ("out_of_scope", True)):
        ranking = [Intent(intent, 0.97), Intent("inform_name", 0.03)]
        message = Message("golombecki", ranking=ranking)
        extractor.process(message)
        assert bool(message.entities) is found


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_within_its_bounds(
    vocabulary: Vocabulary, tagger: NameTagger, text: str
) -> None:
    name = find_name(text, vocabulary, tagger, EXPECTED)
    if name is not None:
        assert 0 <= name.start < name.end <= len(text)
        assert name.words[0].text == text[name.words[0].start : name.words[0].end]


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "part",
    ["a", "my name is ", "I'm ", "Anna ", "Dr. ", "van der ", "-", "O'", "yes, ", "李", "J. "],
)
def test_a_long_text_is_read_in_bounded_time(
    vocabulary: Vocabulary, tagger: NameTagger, part: str
) -> None:
    find_name((part * 100_000)[:100_000], vocabulary, tagger, EXPECTED)
