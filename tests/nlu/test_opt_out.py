"""A wish to be left alone, as people put it, and what only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.parse import Intent
from nlu.components.opt_out_classifier import (
    DENIED,
    SURE,
    UNFOUNDED,
    OptOutClassifier,
    OptOutClassifierOptions,
)
from nlu.interpreter import Interpreter
from nlu.message import Message
from nlu.training.examples import Example, TrainingData

CONFIDENT = 0.85
"""From here a message counts as an opt-out, see docs/nlu.md."""

WISHES = {
    "en": [
        "stop texting me",
        "STOP",
        "stop.",
        "pls stop",
        "leave me alone",
        "quit it",
        "lose my number",
        "please take me off your list",
        "unsubscribe pls",
        "dont ever message me again",
        "I never signed up for this, remove my number",
        "can you please stop sending me these texts",
        "enough already",
        "stopppp textingg me",
        "no more messages please",
        "how do I unsubscribe?",
        "don’t contact me again",
        "I am so sick of these texts",
        "stop stop stop",
        "🛑",
    ],
    "es": [
        "no me escriban más",
        "déjenme en paz",
        "quiero darme de baja",
        "basta de mensajes",
        "borren mi numero",
    ],
    "pt": [
        "para de me mandar mensagem",
        "me deixa em paz",
        "não quero mais receber mensagens",
        "me tira dessa lista",
    ],
    "fr": [
        "arrêtez de m'écrire",
        "laissez-moi tranquille",
        "désabonnez-moi",
        "je ne veux plus recevoir vos sms",
    ],
    "de": [
        "hört auf mir zu schreiben",
        "lasst mich in Ruhe",
        "keine Nachrichten mehr bitte",
        "meldet mich ab",
    ],
    "it": [
        "smettetela di scrivermi",
        "lasciatemi in pace",
        "non voglio più ricevere messaggi",
        "cancellatemi dalla lista",
    ],
    "ru": [
        "не пишите мне",
        "хватит слать смс",
        "отстаньте от меня",
        "отпишите меня пожалуйста",
        "удалите мой номер",
    ],
    "uk": [
        "не пишіть мені більше",
        "досить слати повідомлення",
        "відпишіть мене",
        "дайте мені спокій",
    ],
    "pl": [
        "nie piszcie do mnie więcej",
        "dajcie mi spokój",
        "proszę mnie wypisać",
        "usuńcie mój numer",
    ],
    "tr": [
        "bana mesaj atmayın",
        "beni rahat bırakın",
        "listeden çıkarın beni",
        "aboneliğimi iptal edin",
    ],
    "ar": ["لا تراسلني مرة أخرى", "اتركوني وشأني", "إلغاء الاشتراك", "أوقفوا الرسائل من فضلك"],
    "fa": [
        "دیگه پیام ندید",
        "ولم کنید",
        "لغو عضویت",
        "لطفا دیگر پیامک نفرستید",
        "شماره منو حذف کنید",
    ],
    "hi": ["मैसेज भेजना बंद करो", "मुझे परेशान मत करो", "mujhe message mat bhejo", "मेरा नंबर हटा दो"],
    "id": [
        "jangan kirim pesan lagi",
        "berhenti sms saya",
        "hapus nomor saya",
        "jangan ganggu saya",
    ],
    "zh": ["不要再给我发短信了", "退订", "别烦我", "把我从名单中删除"],
    "ja": ["もうメッセージを送らないでください", "配信停止", "登録解除してください", "ほっといて"],
}
LOOKALIKES = {
    "en": [
        "don't stop",
        "the bus stop is closed",
        "I can't stop laughing",
        "stop by at 5",
        "nonstop fun",
        "cancel my appointment please",
        "cancel my order",
        "see you at the end of the month",
        "I quit smoking last year",
        "why did you stop texting me?",
        "have a nice weekend",
        "what happens if I unsubscribe?",
        "please don't remove me from the list",
        "I stopped at the shop",
        "how do I stop the alarm",
        "next stop Berlin",
        "please do not cancel it",
    ],
    "es": ["la parada de autobús", "no dejes de escribirme", "cancelar mi cita", "para mañana"],
    "pt": ["cancelar minha consulta", "não para de chover", "o ponto de ônibus"],
    "fr": ["l'arrêt de bus", "annuler mon rendez-vous", "n'arrêtez pas", "à la fin du mois"],
    "de": ["hör nicht auf", "die Bushaltestelle", "Termin absagen", "schönes Wochenende"],
    "it": ["la fermata dell'autobus", "annullare il mio appuntamento", "buon fine settimana"],
    "ru": ["на остановке", "отмените мой заказ", "не могу перестать смеяться", "этого не хватит"],
    "uk": ["на зупинці", "скасуйте моє замовлення", "не зупиняйся"],
    "pl": ["na przystanku", "odwołać moją wizytę", "nie przestawaj"],
    "tr": ["otobüs durağı", "randevumu iptal edin", "yazmayı bırakma"],
    "ar": ["موقف الباص", "إلغاء الطلب", "لا تتوقف"],
    "fa": ["ایستگاه اتوبوس", "سفارشم رو لغو کنید", "بس نکن", "بهم پیام بده"],
    "hi": ["बस स्टॉप", "मेरा ऑर्डर रद्द करो", "बंद मत करो"],
    "id": ["halte bus", "batalkan pesanan saya", "jangan berhenti"],
    "zh": ["公交站", "取消订单", "别停"],
    "ja": ["バス停", "予約をキャンセルしたい", "やめないで"],
}

# By what it takes to see through them: a reminder to write, and messages that never came.
REMINDERS = [
    "do not forget to message me the address",
    "please don't hesitate to contact me",
    "no se olviden de escribirme",
    "não se esqueça de me escrever",
    "n'hésitez pas à m'écrire",
    "vergesst nicht mir eine SMS zu schicken",
    "non dimenticarti di scrivermi",
    "не забывайте мне писать",
    "не забувайте мені писати",
    "nie zapominajcie pisać do mnie",
    "mesaj atmayı unutma",
    "لا تنسى ترسل لي رسالة",
    "یادتون نره به من پیام بدید",
    "मैसेज भेजना मत भूलिए",
    "jangan lupa sms saya",
    "不要忘记给我发消息",
    "メッセージを送るのを忘れないで",
]
UNDELIVERED = [
    "I never received your text",
    "we are not getting any messages from you",
    "no he recibido sus mensajes",
    "não chegou nenhuma mensagem",
    "je n'ai pas reçu le message",
    "ich habe keine SMS bekommen",
    "non ho ricevuto messaggi",
    "ваша смс не пришла, не получил сообщение",
    "ваше повідомлення не прийшло",
    "nie dostałam waszej wiadomości",
    "mesajınız gelmedi",
    "لم تصلني الرسالة",
    "پیام شما به دستم نرسیده",
    "आपका मैसेज नहीं मिला",
    "pesan kalian belum masuk",
    "没有收到短信",
    "メールが届かないです",
]
INSISTING = [
    "for the last time, stop",
    "I mean it. stop",
    "wrong person, please remove me",
    "not interested in your messages",
    "stop or I'm reporting this",
    "koniec z tymi wiadomościami",
    "usuń moje dane",
    "supprimez mes données",
    "удалите мои данные",
]


def listed(texts: dict[str, list[str]]) -> list[str]:
    return [text for of_language in texts.values() for text in of_language]


@pytest.mark.parametrize("text", [*listed(WISHES), *INSISTING])
def test_a_wish_for_silence_is_one(interpreter: Interpreter, text: str) -> None:
    parse = interpreter.parse(text)
    assert parse.intent.name == "opt_out", parse
    assert parse.intent.confidence >= CONFIDENT


@pytest.mark.parametrize("text", [*listed(LOOKALIKES), *REMINDERS, *UNDELIVERED])
def test_what_looks_like_one_is_none(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).confidence("opt_out") < CONFIDENT


def read(text: str, likely: float) -> float:
    """The component's word for a message that the classifier found so likely an opt-out."""
    component = OptOutClassifier(OptOutClassifierOptions(), "en")
    message = Message(text)
    message.ranking = [Intent("opt_out", likely), Intent("greet", 1 - likely)]
    component.process(message)
    return message.confidence("opt_out")


def test_the_phrases_confirm_and_the_lookalikes_deny() -> None:
    assert read("please stop texting me", 0.1) == SURE
    assert read("please stop texting me", 0.999) == 0.999
    assert read("the bus stop", 0.99) == pytest.approx(DENIED)
    assert read("the bus stop, and stop texting me", 0.1) == SURE


@pytest.mark.parametrize("letter", [*"abcdefghijklmnopqrstuvwxyz", *"TСнсд", "t."])
def test_no_single_letter_is_a_wish(letter: str) -> None:
    """Quizzes and initials are answered with one."""
    assert read(letter, 0.1) < CONFIDENT


def test_a_guess_about_something_else_is_doubted() -> None:
    assert read("turn it down", 0.99) == pytest.approx(UNFOUNDED)
    assert read("your messages are too much", 0.99) == pytest.approx(0.99)
    assert read("turn it down", 0.3) == pytest.approx(0.3)


def test_a_project_without_that_intent_is_left_alone() -> None:
    component = OptOutClassifier(OptOutClassifierOptions(), "en")
    data = TrainingData([Example("hi", "greet"), Example("bye", "goodbye")])
    component.train(data, [])
    loaded = OptOutClassifier(OptOutClassifierOptions(), "en")
    loaded.restore(component.state())
    message = Message("stop texting me")
    message.ranking = [Intent("greet", 0.9)]
    loaded.process(message)
    assert message.ranking == [Intent("greet", 0.9)]


def test_a_gap_has_an_end() -> None:
    assert read("stop all of your messages", 0.1) == SURE
    assert read("stop it and then later on send the other messages", 0.1) < SURE


@given(st.text(max_size=200), st.sampled_from(listed(WISHES)))
@settings(max_examples=60, deadline=None)
def test_capitals_and_signs_change_nothing(noise: str, text: str) -> None:
    assert read(f"  {text.upper()}!! ", 0.1) == read(text, 0.1) or "ı" in text or "i" in text
    assert 0 <= read(noise, 0.5) <= 1


def test_a_long_message_is_read_in_time() -> None:
    for text in ("stop all " * 20_000, "stop " * 50_000, "please " * 20_000, "no " * 50_000):
        assert 0 <= read(text, 0.5) <= 1
