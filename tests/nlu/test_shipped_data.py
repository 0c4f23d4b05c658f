"""The training data that ships: enough of it in each language, in order, and without contradictions."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from nlu.folding import pieces
from nlu.training.examples import Example
from nlu.training.reader import read_project

ROOT = Path(__file__).resolve().parents[2]
ENGLISH_FILES = {"consent", "coupons", "out_of_scope", "small_talk", "yes_no"}
# The scripts of a language, by the beginning of the names of their letters.
SCRIPTS = {
    **dict.fromkeys(("en", "es", "pt", "fr", "de", "it", "pl", "tr", "id"), ("LATIN",)),
    **dict.fromkeys(("ru", "uk"), ("CYRILLIC",)),
    **dict.fromkeys(("ar", "fa"), ("ARABIC",)),
    "hi": ("DEVANAGARI",),
    "zh": ("CJK",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
}
# Letters that only the neighbour with the same script has.
FOREIGN = {
    "ru": "іїєґ",
    "uk": "ыэъё",
    "ar": "پچژگیک",
    "fa": "ةيك",
    "zh": "".join(map(chr, range(0x3041, 0x30FB))),
}
INTENTS = (
    "affirm", "deny", "request_coupon", "opt_out", "opt_in", "help", "human", "greet", "goodbye",
    "thanks", "out_of_scope",
)  # fmt: skip
AT_LEAST = {"en": 40}
AT_LEAST_ELSEWHERE = 15
OUT_OF_SCOPE_IN_ENGLISH = 400
NEAR_MISSES = 5
SHARED_BY = 4


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """All but the names, which a file of its own holds."""
    return [e for e in read_project(ROOT).examples if e.intent != "inform_name"]


def language_of(example: Example) -> str:
    return str(example.metadata["language"])


def folded(text: str) -> str:
    """Without case, accents and punctuation; a message of punctuation alone is itself."""
    return " ".join(pieces(text)) or text.strip()


def letters(text: str) -> Iterator[str]:
    """The names of the letters of `text`."""
    return (unicodedata.name(c, "") for c in text if c.isalpha())


def mostly_in(text: str, scripts: tuple[str, ...]) -> bool:
    """Whether half of the letters are of these scripts; true where there is no letter."""
    names = list(letters(text))
    return sum(name.startswith(scripts) for name in names) * 2 >= len(names)


def test_each_intent_has_enough_examples_in_each_language(examples: list[Example]) -> None:
    found = Counter((language_of(e), e.intent) for e in examples)
    short = {
        (language, intent): found[language, intent]
        for language in SCRIPTS
        for intent in INTENTS
        if found[language, intent] < AT_LEAST.get(language, AT_LEAST_ELSEWHERE)
    }
    assert short == {}
    assert found["en", "out_of_scope"] >= OUT_OF_SCOPE_IN_ENGLISH


def test_the_domain_knows_each_intent(examples: list[Example]) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    assert {e.intent for e in examples} == set(INTENTS)
    assert set(INTENTS) <= set(domain["intents"])


def test_each_text_stands_once(examples: list[Example]) -> None:
    """Neither twice in one intent nor in two, case and punctuation aside, names included."""
    places: dict[str, list[str]] = defaultdict(list)
    for e in read_project(ROOT).examples:
        places[folded(e.text)].append(f"{e.intent} in {e.file}:{e.line}")
    ours = {folded(e.text) for e in examples}
    assert {text: at for text, at in places.items() if text in ours and len(at) > 1} == {}


def test_a_file_holds_one_language_and_says_so(examples: list[Example]) -> None:
    languages: dict[str, set[str]] = defaultdict(set)
    for e in examples:
        languages[Path(e.file).stem].add(language_of(e))
    own_file = {language: {language} for language in SCRIPTS if language != "en"}
    assert languages == own_file | {name: {"en"} for name in ENGLISH_FILES}


def test_each_text_is_in_a_script_of_its_language(examples: list[Example]) -> None:
    """Transliterations stand in blocks of their own, which say `script: Latn`."""
    strays = [
        f"{e.file}:{e.line}: {e.text}"
        for e in examples
        if not mostly_in(
            e.text, ("LATIN",) if e.metadata.get("script") == "Latn" else SCRIPTS[language_of(e)]
        )
    ]
    assert strays == []


def test_no_text_has_letters_of_the_neighbouring_language(examples: list[Example]) -> None:
    strays = [
        f"{e.file}:{e.line}: {e.text}"
        for e in examples
        if set(FOREIGN.get(language_of(e), "")) & set(e.text.casefold())
    ]
    assert strays == []


@pytest.mark.parametrize("language", SCRIPTS)
def test_opt_outs_have_near_misses_in_each_language(examples: list[Example], language: str) -> None:
    """Texts that are no opt-out and share what several opt-outs are made of."""
    size = 2 if language in ("zh", "ja") else 4
    own = [e for e in examples if language_of(e) == language]
    shared = Counter(g for e in own if e.intent == "opt_out" for g in grams(e.text, size))
    telling = {gram for gram, count in shared.items() if count >= SHARED_BY}
    near = [e for e in own if e.intent == "out_of_scope" and grams(e.text, size) & telling]
    assert len(near) >= NEAR_MISSES


def grams(text: str, size: int) -> set[str]:
    """The runs of `size` letters within the words of `text`."""
    words = folded(text).split(" ") if size > 2 else [folded(text).replace(" ", "")]
    return {word[i : i + size] for word in words for i in range(len(word) - size + 1)}
