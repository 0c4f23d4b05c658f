"""What the shipped model must read in what people really answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.parse import FALLBACK_INTENT
from nlu.pipeline import Interpreter

YES = """
yes|yep|yeah|y|ok|sure thing|sí|si|да|بله|آره|👍|👍🏽|oui|ja|sim|absolutely|of course|yes please
why not|why not?|sounds good|count me in|YES!!!|yesss|Yes.|yes, please!|yeah sure|hell yes|mhm|✅
can't wait|no problem|да, конечно|так|نعم|evet|हाँ|tak|ya|是的|はい|yes I'd like that
sure, go ahead|oh yes|ok 👍|you are not wrong|I wouldn't say no|не против|kein Problem
"""
NO = """
no|nope|nah|n|no thanks|не|нет|نه|خیر|👎|non|nein|not interested|not now|count me out|no way|NO!|nooo
no, thank you|yeah no|I'd rather not|I don't want it|não|ні|لا|hayır|नहीं|nie|tidak|不要|いいえ
no coupon please|I don't want a coupon|no gracias|нет, спасибо|never|not really|absolutely not|❌|no sorry
I'm not interested
"""
COUPON = [
    "coupon", "any discount codes?", "do you have a promo code", "کد تخفیف دارید؟", "کوپن", "cupón",
    "есть скидка?", "Hi, do you have any coupons?", "Gutschein bitte", "send me the voucher",
]  # fmt: skip
OPT_OUT = [
    "stop texting me", "leave me alone", "please remove me from your list", "не пишите мне",
    "no más mensajes", "unsubscribe me", "STOP", "stop please", "take me off this list",
]  # fmt: skip
NOT_OPT_OUT = [
    "don't stop", "bus stop", "can't stop laughing", "when does the show end?", "yes", "the end",
    "I'll stop by tomorrow", "don't unsubscribe me", "please don't stop texting me", "non-stop",
]  # fmt: skip
NEITHER = [
    "maybe", "dunno", "what is this?", "banana", "asdfgh", "42", "not sure", "yes and no", "idk",
    "is it bad", "do you want it or no", "no idea, sorry", "no idea",
    "why?", "hmm", "...", "?", "🤷", "100", "who is this?", "can you check that?",
]  # fmt: skip
NAMES = [
    ("I'm Mike", "Mike", "Mike"),
    ("mary-ann", "mary-ann", "Mary-Ann"),
    ("it's josé garcía", "josé garcía", "José García"),
    ("my name is Anna Maria van Dyke", "Anna Maria van Dyke", "Anna Maria van Dyke"),
    ("Bob here", "Bob", "Bob"),
    ("Mike", "Mike", "Mike"),
    ("MIKE", "MIKE", "MIKE"),
    ("Mike!", "Mike", "Mike"),
    ("call me Al", "Al", "Al"),
    ("hi, I'm sarah o'neil", "sarah o'neil", "Sarah O'Neil"),
    ("меня зовут Иван", "Иван", "Иван"),
    ("мене звати Олена", "Олена", "Олена"),
    ("me llamo Ana", "Ana", "Ana"),
    ("ich heiße Jürgen", "Jürgen", "Jürgen"),
    ("اسم من علی است", "علی", "علی"),
    ("我叫王伟", "王伟", "王伟"),
    ("golombecki", "golombecki", "Golombecki"),
    ("J. Smith", "J. Smith", "J. Smith"),
    ("yes, my name is Tom.", "Tom", "Tom"),
]
NO_NAME = [
    "yes", "Yes", "hello", "Hello", "who is this?", "stop", "Stop", "why do you ask?", "rather not say",
    "banana", "Banana", "asdfgh", "ok alex", "hi mike", "I'm hungry", "im busy", "this is spam",
    "it's friday", "don't call me Bob", "call me later", "what's your name?", "yesplease", "nothng",
    "thanks", "Not now", "Maybe", "42", "да", "بله", "👍", "coupon", "my name is private", "ich bin müde",
    "je suis fatigué", "我是学生", "Happy Birthday", "Rewind to 4", "games",
]  # fmt: skip


def phrases(block: str) -> list[str]:
    return [text for line in block.strip().split("\n") for text in line.split("|")]


@pytest.mark.parametrize("text", phrases(YES))
def test_reads_yes(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.intent.name == "affirm"
    assert parse.intent.confidence >= 0.6
    assert not parse.entities


@pytest.mark.parametrize("text", phrases(NO))
def test_reads_no(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.intent.name == "deny"
    assert parse.intent.confidence >= 0.6
    assert not parse.entities


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_neither_yes_nor_no_moves_no_flow(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.intent.name not in ("affirm", "deny")
    assert parse.confidence("affirm") < 0.6
    assert parse.confidence("deny") < 0.6


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("that's all", "deny"), ("I'm good", "deny"), ("I'm all set", "deny"), ("that'll be it", "deny"),
        ("nothing else for today", "deny"), ("please don't order it", "deny"), ("eso es todo", "deny"),
        ("sounds delicious", "affirm"), ("perfect", "affirm"), ("please do", "affirm"),
        ("go ahead", "affirm"), ("that would be great", "affirm"), ("me parece perfecto", "affirm"),
    ],
)  # fmt: skip
def test_reads_which_of_yes_and_no_when_asked(
    interpreter: Interpreter, text: str, intent: str
) -> None:
    asked = interpreter.parse(text, asked=("affirm", "deny")).asked
    assert asked[0].name == intent


def test_a_yes_with_a_limit_is_conditional(interpreter: Interpreter) -> None:
    parse = interpreter.parse("yes but not Thursday")
    assert parse.intent.name == "affirm"
    assert parse.metadata["conditional"] is True
    assert "conditional" not in interpreter.parse("yes").metadata


@pytest.mark.parametrize("text", ["Yes?", "no?", "ok?"])
def test_a_questioning_yes_is_no_answer(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).intent.name not in ("affirm", "deny")


@pytest.mark.parametrize("text", COUPON)
def test_reads_a_wish_for_a_coupon(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).intent.name == "request_coupon"


@pytest.mark.parametrize("text", OPT_OUT)
def test_reads_an_opt_out(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).intent.name == "opt_out"


@pytest.mark.parametrize("text", NOT_OPT_OUT)
def test_a_word_of_an_opt_out_is_none(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).intent.name != "opt_out"


@pytest.mark.parametrize(("text", "span", "value"), NAMES)
def test_reads_a_name(interpreter: Interpreter, text: str, span: str, value: str) -> None:
    parse = interpreter.parse(text)
    name = parse.entity("name")
    assert parse.intent.name == "inform_name"
    assert name is not None
    assert text[name.start : name.end] == span
    assert name.value == value


@pytest.mark.parametrize("text", NO_NAME)
def test_reads_no_name_where_there_is_none(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.entity("name") is None
    assert parse.intent.name != "inform_name"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hello", "greet"), ("hola", "greet"), ("سلام", "greet"), ("bye", "goodbye"),
        ("thank you", "thanks"), ("спасибо", "thanks"), ("help", "help"), ("start", "opt_in"),
        ("I want to talk to a person", "human"), ("subscribe me again", "opt_in"),
        ("what's the weather like", "out_of_scope"),
    ],
)  # fmt: skip
def test_reads_the_other_intents(interpreter: Interpreter, text: str, intent: str) -> None:
    assert interpreter.parse(text).intent.name == intent


def test_a_name_beside_another_wish_is_kept(interpreter: Interpreter) -> None:
    parse = interpreter.parse("I'm Mike, do you have a coupon?")
    assert parse.intent.name == "request_coupon"
    name = parse.entity("name")
    assert name is not None
    assert name.value == "Mike"


def test_nothing_to_read(interpreter: Interpreter) -> None:
    for text in ("", " ", "\n\t"):
        assert interpreter.parse(text).intent.name == FALLBACK_INTENT


HOSTILE = [
    "\0", "\ud800", "yes\udfff", "a" * 100_000, "((((" * 500, "'" * 2000, "а́" * 900, "/" * 2000,
    "/affirm{" + "[" * 1900, "my name is " * 180, "I'm " * 500, "\u200d" * 2000, "👍" * 2000,
    "/inform_name{\"name\": " + "9" * 1900 + "}", "-" * 2000, "x." * 1000, "\u0301" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.timeout(2)
def test_hostile_texts_are_read_in_time(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).text == text


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.text == text
    assert 0 <= parse.intent.confidence <= 1
    confidences = [i.confidence for i in parse.ranking]
    assert confidences == sorted(confidences, reverse=True)
    for entity in parse.entities:
        assert 0 <= entity.start < entity.end <= len(text)


WORDS = st.sampled_from(
    "my name is Ana josé van Li-Na hi , I'm 👍 no O'Hara é علی 王伟 here".split(" ")  # noqa: SIM905
)


@given(st.lists(WORDS, min_size=1, max_size=8).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_a_name_is_spelled_as_in_the_text(interpreter: Interpreter, text: str) -> None:
    for entity in interpreter.parse(text).entities:
        assert str(entity.value).casefold() == text[entity.start : entity.end].casefold()
