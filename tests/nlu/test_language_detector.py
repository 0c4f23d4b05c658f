"""In which of the bot's languages a message is, and what that does to the hint of the contact."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.components.component import State
from nlu.components.language_detector import (
    LanguageDetector,
    LanguageDetectorOptions,
    language_code,
)
from nlu.errors import PipelineError
from nlu.languages.ngrams import MOST_WORDS, grams_of, words_of
from nlu.languages.scripts import script_of
from nlu.languages.wordlists import everywhere, word_lists
from nlu.message import Message
from nlu.pipeline import Interpreter, load, save, train
from nlu.training.examples import Example, TrainingData
from nlu.training.reader import read_project
from tests.conftest import ROOT

SIXTEEN = [
    "ar",
    "de",
    "en",
    "es",
    "fa",
    "fr",
    "hi",
    "id",
    "it",
    "ja",
    "pl",
    "pt",
    "ru",
    "tr",
    "uk",
    "zh",
]


def taught(
    texts: Sequence[tuple[str, str | None]] = (), languages: Sequence[str] = (), own: str = "en"
) -> LanguageDetector:
    """A detector that learned from texts with their languages, and knows the word lists."""
    detector = LanguageDetector(LanguageDetectorOptions(languages=list(languages)), own)
    data = TrainingData()
    for text, language in texts:
        data.examples.append(Example(text, "x", metadata={"language": language}))
    detector.train(data, [])
    return detector


def read(detector: LanguageDetector, text: str, prior: str | None = None) -> Message:
    message = Message(text, prior)
    detector.process(message)
    return message


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """The one of the shipped data."""
    made = LanguageDetector(LanguageDetectorOptions(), "en")
    made.train(read_project(ROOT), [])
    return made


SENTENCES = [
    ("quisiera cambiar mi cita para el jueves", "es"),
    ("gostaria de mudar a consulta para amanhã", "pt"),
    ("je voudrais changer de rendez-vous demain", "fr"),
    ("ich würde den Termin gern verschieben", "de"),
    ("vorrei spostare l'appuntamento a domani", "it"),
    ("could we move that to thursday please", "en"),
    ("chciałbym przełożyć wizytę na jutro", "pl"),
    ("randevumu yarına almak istiyorum", "tr"),
    ("saya mau pindah jadwal ke besok", "id"),
    ("я хотел бы перенести встречу на завтра", "ru"),
    ("я хотіла б перенести зустріч на завтра", "uk"),
    ("أريد أن أغير موعدي إلى الغد", "ar"),
    ("می‌خواهم وقتم را به فردا بیندازم", "fa"),
    ("मैं कल का समय बदलना चाहता हूँ", "hi"),
    ("main kal ka time badalna chahta hoon", "hi"),
    ("我想把时间改到明天", "zh"),
    ("予約を明日に変更したいです", "ja"),
]


@pytest.mark.parametrize("prior", [None, "en", "es", "ru", "nl", "pt-BR"])
@pytest.mark.parametrize(("text", "language"), SENTENCES)
def test_a_sentence_is_in_its_language_whatever_the_contacts(
    detector: LanguageDetector, text: str, language: str, prior: str | None
) -> None:
    message = read(detector, text, prior)
    assert language_code(message.language) == language
    found = message.metadata["language"]
    assert found["detected"] == language
    assert 0.5 <= found["confidence"] <= 1.0


@pytest.mark.parametrize("prior", [None, "en", "es", "fa", "nl", "pt-BR"])
@pytest.mark.parametrize(
    "text",
    ["ok", "OK!!", "👍", "12", "...", "12:30", "ok 👌", "haha", "x", "stop", "\u202e", ""],
)  # fmt: skip
def test_what_is_of_no_language_leaves_the_contacts(
    detector: LanguageDetector, text: str, prior: str | None
) -> None:
    message = read(detector, text, prior)
    assert message.language == prior
    assert "language" not in message.metadata


@pytest.mark.parametrize("name", ["Paula Reyes", "Svetlana", "Giovanni Rossi", "mike", "Dupont"])
def test_a_name_is_of_no_language(detector: LanguageDetector, name: str) -> None:
    for prior in (None, "en", "es", "tr"):
        assert read(detector, name, prior).language == prior


@pytest.mark.parametrize("prior", ["es", "it", "fr"])
def test_a_word_of_several_languages_is_the_contacts(
    detector: LanguageDetector, prior: str
) -> None:
    assert read(detector, "si", prior).language == prior
    assert read(detector, "si").language is None


def test_the_contacts_own_code_is_kept_as_it_was_given(detector: LanguageDetector) -> None:
    assert read(detector, "obrigado, até amanhã", "pt-BR").language == "pt-BR"
    assert read(detector, "muchas gracias, hasta luego", "pt_BR").language == "es"


def test_arabic_and_persian_letters_tell_their_languages(detector: LanguageDetector) -> None:
    assert read(detector, "پنج چای گرم").language == "fa"
    assert read(detector, "القائمة الجديدة").language == "ar"


def test_a_script_of_no_language_of_the_bot_says_nothing(detector: LanguageDetector) -> None:
    message = read(detector, "ขอบคุณมาก", "th")
    assert (message.language, message.metadata) == ("th", {})


def test_a_foreign_language_in_the_same_script_is_not_taken_for_the_bots() -> None:
    bot = taught(languages=["ru"])
    assert read(bot, "дякую, до завтра", "uk").language == "uk"
    assert read(bot, "спасибо, до завтра", "en").language == "ru"


def test_word_lists_suffice_where_no_example_names_a_language() -> None:
    bot = taught([("yes please", None), ("no thanks", None)], ["es"])
    assert read(bot, "sí, por favor, quiero hablar con alguien", "en").language == "es"
    assert read(bot, "yes, I would like that", "es").language == "en"


def test_any_language_can_be_taught_by_examples() -> None:
    dutch = ["ja graag", "nee bedankt", "ik wil een afspraak maken", "stuur maar een bericht"]
    bot = taught([(text, "nl") for text in dutch])
    assert read(bot, "stuur een bericht graag").language == "nl"
    greek = taught([("ναι παρακαλώ", "el"), ("όχι ευχαριστώ", "el"), ("καλημέρα", "el")])
    assert read(greek, "καλησπέρα", "en").language == "el"


def test_a_script_in_the_examples_is_one_of_the_language() -> None:
    texts = [("privet kak dela", "ru"), ("da konechno", "ru"), ("ne nado spasibo", "ru")]
    assert read(taught(texts), "spasibo ne nado").language == "ru"
    assert read(taught(languages=["ru"]), "spasibo ne nado", "ru").language == "ru"


def test_examples_without_a_language_are_the_bots_own_unless_clearly_anothers() -> None:
    own = ["I would like to know more about it", "could you send that again"]
    foreign = ["me gustaría saber más de todo esto", "quiero que me lo manden otra vez"]
    bot = taught([(text, None) for text in own + foreign], ["es"])
    assert read(bot, "gustaría saber", "en").language == "es"


def test_with_one_language_there_is_nothing_to_tell_apart() -> None:
    bot = taught([("yes please", "en"), ("bring it on", None)])
    for prior in (None, "en", "es"):
        message = read(bot, "muchas gracias por todo", prior)
        assert (message.language, message.metadata) == (prior, {})
    assert bot.state().arrays["weights"].shape == (0, 1)


def test_without_examples_it_learns_nothing_and_reads() -> None:
    assert read(taught(), "hello there", "fr").language == "fr"


@pytest.mark.parametrize("options", [{"languages": [""]}, {"languages": "es"}, {"threshold": 0.0}])
def test_options_that_make_no_sense(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"languages|threshold"):
        LanguageDetectorOptions.model_validate(options)


# In a project


CONFIG = """
language: en
{more}
pipeline:
- name: LanguageDetector
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
"""


def trained(project: Path, more: str) -> Interpreter:
    (project / "config.yml").write_text(CONFIG.format(more=more), "utf-8")
    save(train(project), project / "models")
    return load(project / "models", project)


def test_config_names_the_languages_of_the_bot(project: Path) -> None:
    reader = trained(project, "additional_languages: [es, no]")
    parse = reader.parse("quiero hablar con alguien", "en")
    assert parse.language == "es"
    assert parse.metadata["language"]["detected"] == "es"
    assert trained(project, "").parse("quiero hablar con alguien", "en").language == "en"


@pytest.mark.parametrize("written", ["es", "[es, 1, [pt]]", "{es: pt}"])
def test_languages_that_are_no_list_of_codes(project: Path, written: str) -> None:
    with pytest.raises(PipelineError, match=r"config.yml:3.*additional_languages"):
        trained(project, f"additional_languages: {written}")


def test_without_codes_the_data_names_them(project: Path) -> None:
    (project / "nlu" / "data" / "es.yml").write_text(
        "nlu:\n- intent: affirm\n  metadata: {language: es}\n  examples: |\n    - claro\n", "utf-8"
    )
    assert trained(project, "additional_languages:").parse("muchas gracias").language == "es"


# What is saved


def test_what_is_restored_reads_the_same(detector: LanguageDetector) -> None:
    other = LanguageDetector(LanguageDetectorOptions(), "en")
    other.restore(detector.state())
    for text, _ in SENTENCES:
        one, two = read(detector, text, "en"), read(other, text, "en")
        assert (one.language, one.metadata) == (two.language, two.metadata)


def test_the_same_data_gives_the_same_state(detector: LanguageDetector) -> None:
    again = LanguageDetector(LanguageDetectorOptions(), "en")
    again.train(read_project(ROOT), [])
    assert again.state().values == detector.state().values
    assert np.array_equal(again.state().arrays["weights"], detector.state().arrays["weights"])


@pytest.mark.parametrize(
    "changed",
    [
        {"languages": ["en"]},
        {"languages": "en"},
        {"grams": ["a", 1]},
        {"grams": []},
        {"scripts": []},
        {"scripts": {"en": ["LATIN"]}},
        {"neutral": None},
    ],
)  # fmt: skip
def test_a_state_of_the_wrong_kind_is_refused(changed: dict[str, object]) -> None:
    state = taught([("hola", "es"), ("hello", "en")]).state()
    with pytest.raises((KeyError, TypeError, ValueError)):
        taught().restore(State({**state.values, **changed}, state.arrays))


# Its parts


@settings(deadline=None)
@given(st.text(st.characters()), st.sampled_from([None, "en", "fa", "ja", "nl", ""]))
def test_any_text_is_read(detector: LanguageDetector, text: str, prior: str | None) -> None:
    message = read(detector, text, prior)
    found = message.metadata.get("language")
    if found is None:
        assert message.language == prior
    else:
        assert found["detected"] in SIXTEEN
        assert language_code(message.language) == found["detected"]
        assert 0.0 < found["confidence"] <= 1.0


@given(st.text(st.characters()))
def test_parts_of_any_text(text: str) -> None:
    words = words_of(text)
    assert len(words) <= MOST_WORDS
    assert all(word and len(grams_of(word)) <= 5 * len(word) + 5 for word in words)
    script_of(text)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello", "LATIN"), ("12 👍", None), ("", None), ("мой iPhone сломался", "CYRILLIC"),
        ("東京", "HAN"), ("東京へ", "HIRAGANA"), ("ｶﾞ", None), ("ok 好的", "HAN"), ("हाँ ok", "DEVANAGARI"),
    ],
)  # fmt: skip
def test_the_script_is_that_of_most_letters(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_the_lists_hold_sixteen_languages_and_few_words_that_are_shared() -> None:
    lists = word_lists()
    assert sorted(lists) == SIXTEEN
    for code, listed in lists.items():
        assert listed.scripts, code
        assert len(listed.words) >= 120, code
        assert not everywhere() & set(listed.words), (code, everywhere() & set(listed.words))
    for one, other in (("es", "pt"), ("ru", "uk"), ("ar", "fa")):
        shared = set(lists[one].words) & set(lists[other].words)
        assert len(shared) < 0.4 * len(lists[one].words), (one, other)
