"""The shipped model finds names in every language it ships, and none where there is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.pipeline import Interpreter

# text | span | value
TOLD = """
my name is bob|bob|Bob
it's me, Bob|Bob|Bob
Bob here|Bob|Bob
this is Ann|Ann|Ann
Ann. and yours?|Ann|Ann
Bob, why do you ask?|Bob|Bob
my name is Alfred but call me Al|Alfred|Alfred
they call me Sunny|Sunny|Sunny
hi there, I'm Mike|Mike|Mike
Sure thing, it's Alice|Alice|Alice
the booking is under Nadia Halvorsen|Nadia Halvorsen|Nadia Halvorsen
ann lee and my number is 5550142|ann lee|Ann Lee
Ann Lee, a table for two|Ann Lee|Ann Lee
john smith 4471|john smith|John Smith
yes, Mike|Mike|Mike
me llamo josé garcía|josé garcía|José García
soy la Señora García|Señora García|Señora García
hola, soy carlos|carlos|Carlos
meu nome é João|João|João
sou o Pedro|Pedro|Pedro
je m'appelle Marie|Marie|Marie
moi c'est Luc|Luc|Luc
ich heiße Jürgen|Jürgen|Jürgen
ich bin der Thomas|Thomas|Thomas
mi chiamo Giulia|Giulia|Giulia
sono Marco|Marco|Marco
меня зовут анна|анна|Анна
я Иван Петров|Иван Петров|Иван Петров
мене звати Олена|Олена|Олена
моє ім'я Тарас|Тарас|Тарас
nazywam się Jan Kowalski|Jan Kowalski|Jan Kowalski
mam na imię Ania|Ania|Ania
benim adım Ahmet|Ahmet|Ahmet
ben Mehmet|Mehmet|Mehmet
اسمي أحمد|أحمد|أحمد
أنا فاطمة|فاطمة|فاطمة
اسم من علی است|علی|علی
من رضا هستم|رضا|رضا
मेरा नाम राहुल है|राहुल|राहुल
मैं प्रिया हूँ|प्रिया|प्रिया
nama saya Budi|Budi|Budi
panggil aja budi|budi|Budi
我叫李雷|李雷|李雷
叫我小明|小明|小明
你好，我叫李雷|李雷|李雷
私は田中です|田中|田中
田中太郎と申します|田中太郎|田中太郎
"""
BARE = """
mary-ann o'brien|Mary-Ann O'Brien
juan de la cruz|Juan de la Cruz
Dick van Dyke|Dick van Dyke
mohammed bin salman|Mohammed bin Salman
ronald mcdonald|Ronald McDonald
Mrs. Robinson|Mrs. Robinson
Dr. Weber|Dr. Weber
J. R. R. Tolkien|J. R. R. Tolkien
John Q Public|John Q Public
Jean-Luc|Jean-Luc
golombecki|Golombecki
anna maria lópez garcía|Anna Maria López García
peter glass|Peter Glass
MIKE|MIKE
Сергей|Сергей
مریم محمدی|مریم محمدی
राहुल शर्मा|राहुल शर्मा
韩梅梅|韩梅梅
山田花子|山田花子
María José de la Fuente|María José de la Fuente
محمد علي|محمد علي
عبد الله بن خالد|عبد الله بن خالد
マイケルです|マイケル
我姓王|王
aqui é a Joana|Joana
qui parla Giorgio|Giorgio
tutaj Marek|Marek
ini Rudi|Rudi
Pilar Gómez, a sus órdenes|Pilar Gómez
"""
ALSO_WORDS = """
Will|Will
I'm Grace|Grace
Mark|Mark
Hope Summers|Hope Summers
my name is may|May
i'm rose|Rose
joy|Joy
"""
NONE = """
will you come?|may I ask why?|I hope so|mark my words|grace period|rose garden|a sunny day|may|will do
i'm sunny today|i'm frank with you|the month of may
bob@example.com|mike@gmail.com|john.smith@mail.com|+1 555 010 9999|555-0101|www.bob.com
thanks, Mike|hi Mike|ok alex|Mike?|is this Bob?|who is Anna?|don't call me Bob|my name is not Bob
I'm not Bob|thank you Dr. Weber|Alex, are you there?|my son is called Tom
why do you ask?|rather not say|none of your business|guess|nope|no name|that's private|you first
who wants to know|what for?|secret|not telling you|mind your own business|anonymous|nobody
prefiero no decirlo|no te importa|¿por qué?|adivina|soy estudiante
prefiro não dizer|adivinha|por que quer saber?|pourquoi ?|devine|je suis fatigué
warum?|rate mal|das geht Sie nichts an|ich bin müde|perché?|indovina|sono stanco
зачем?|не скажу|угадай|не ваше дело|я занят|навіщо?|вгадай|не ваша справа
dlaczego?|zgadnij|nie powiem|jestem zmęczony|neden?|söylemem|sana ne|ben yorgunum
لماذا؟|خمن|ليس من شأنك|أنا متعب|چرا؟|نمیگم|حدس بزن|به تو چه
क्यों?|नहीं बताऊंगा|अंदाज़ा लगाओ|मैं ठीक हूँ|kenapa?|tebak aja|rahasia|saya lapar
опаздываю|выезжаю|çalışıyorum|gecikeceğim|spóźnię się|سأتأخر قليلا|نمیرسم|الحمد لله
我姓什么|ini mahal|tutaj jest drogo|aqui é caro
为什么？|你猜|保密|我是学生|高兴|马上|周末|なぜ？|秘密です|私は学生です|大丈夫です
"""


def rows(block: str) -> list[list[str]]:
    return [line.split("|") for line in block.strip().splitlines()]


def texts(block: str) -> list[str]:
    return [text for row in rows(block) for text in row]


@pytest.mark.parametrize(("text", "span", "value"), rows(TOLD))
def test_finds_the_name_that_is_told(
    interpreter: Interpreter, text: str, span: str, value: str
) -> None:
    name = interpreter.parse(text).entity("name")
    assert name is not None
    assert text[name.start : name.end] == span
    assert name.value == value


@pytest.mark.parametrize(("text", "value"), rows(BARE) + rows(ALSO_WORDS))
def test_finds_a_name_that_is_the_whole_message(
    interpreter: Interpreter, text: str, value: str
) -> None:
    name = interpreter.parse(text).entity("name")
    assert name is not None
    assert name.value == value


@pytest.mark.parametrize("text", texts(NONE))
def test_finds_no_name_where_the_writer_gives_none(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).entity("name") is None


def test_an_unknown_word_alone_is_less_certain_than_a_known_name(interpreter: Interpreter) -> None:
    known = interpreter.parse("Mike").entity("name")
    unknown = interpreter.parse("golombecki").entity("name")
    told = interpreter.parse("my name is Mike").entity("name")
    assert known is not None
    assert unknown is not None
    assert told is not None
    assert unknown.confidence <= 0.6 < known.confidence <= told.confidence


def test_a_name_said_to_somebody_does_not_count_before_a_number_does(
    interpreter: Interpreter,
) -> None:
    assert interpreter.parse("yes mike").entity("name") is None
    assert interpreter.parse("yes mike porter 706 555 0142").entity("name") is not None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("my name is anna maria van dyke", {"given_name": "Anna Maria", "family_name": "van Dyke"}),
        ("Dr. Weber", {"family_name": "Weber"}),
        ("Ana", {"given_name": "Ana"}),
        ("我叫李雷", {"given_name": "雷", "family_name": "李"}),
    ],
)
def test_tells_the_given_name_from_the_family_name(
    interpreter: Interpreter, text: str, parts: dict[str, str]
) -> None:
    assert interpreter.parse(text).metadata["name"] == parts


WORDS = st.sampled_from(
    "my name is Ana josé van Li-Na hi , I'm 👍 no O'Hara é علی 王伟 here Dr. @ 42 ? mcgee ß".split()  # noqa: SIM905
)


@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_the_span_of_a_name_slices_the_text(interpreter: Interpreter, text: str) -> None:
    name = interpreter.parse(text).entity("name")
    if name is not None:
        assert str(name.value).casefold() == text[name.start : name.end].casefold()
        assert 0 < name.confidence <= 1
