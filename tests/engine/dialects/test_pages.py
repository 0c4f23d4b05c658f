"""The pages dialect: what each type of page does, and what is refused with its place."""

import copy
from typing import Any

import pytest

from bot.engine.dialects import origin
from bot.engine.dialects.pages import translate
from bot.engine.events import ActionReturned
from bot.engine.flow import Flow
from bot.engine.reader import DOCUMENT_KEYS, examine, read_flow
from tests.engine.driver import Conversation

Json = dict[str, Any]


def page(title: str, type: str, **more: Any) -> Json:
    words = {} if type in ("apiCall", "computation") else {"message": f"{title}?"}
    return {"title": title, "pageType": type, **words, **more}


def option(number: Any, label: Any, next_page: str | None = "End", **more: Any) -> Json:
    return {"numberOnScreen": number, "label": label, "next_page": next_page, **more}


END = page("End", "text", message="Bye {firstName}")


def pages(*listed: Json, **more: Any) -> Json:
    return {"pages": [*listed], **more}


def findings(document: Any) -> list[tuple[str, str]]:
    flow, found = examine(document, "f")
    errors = [(f.code, f.place) for f in found if f.severity == "error"]
    assert (flow is None) == bool(errors), found
    return errors


def conversation(*listed: Json, functions: Any = None, apis: Any = None, **more: Any) -> Any:
    return Conversation(pages(*listed, **more), functions=functions, apis=apis).begin()


def event(type: str, **data: Any) -> ActionReturned:
    return ActionReturned(({"event": type, **data},))


# What pages do


def test_collects_a_text_into_a_field_of_either_spelling() -> None:
    it = conversation(page("Name", "collect", fieldName="firstName", next_page="End"), END)
    assert (it.texts, it.state) == (["Name?"], "Name")
    it.says("Ann")
    assert it.texts == ["Bye Ann"]
    assert (it.fields["first_name"], it.session.ended_because) == ("Ann", "completed")


def test_collects_what_the_slot_is_declared_for() -> None:
    it = conversation(
        page("Age", "collect", content="In years", fieldName="age", next_page="End"),
        END, slots={"age": {"type": "number"}},
    )  # fmt: skip
    assert it.texts == ["Age?\nIn years"]
    assert it.says("old").texts == ["Age?\nIn years"]
    it.says("I am 34")
    assert it.session.slots["age"] == 34


def test_a_slot_is_found_as_it_is_declared() -> None:
    it = conversation(
        page("Age", "collect", fieldName="ageInYears", next_page="End"),
        END, slots={"ageInYears": {"type": "number"}},
    )  # fmt: skip
    assert it.says("34").session.slots["ageInYears"] == 34


def test_the_documents_own_otherwise_answers_what_is_none() -> None:
    it = conversation(
        page("Age", "collect", fieldName="age", next_page="End"),
        END, slots={"age": {"type": "number"}}, otherwise={"say": "A number, please."},
    )  # fmt: skip
    assert it.says("old").texts == ["A number, please."]


def test_continuations_lead_on_and_a_text_waits_for_any_reply() -> None:
    it = conversation(
        page("One", "continuation", next_page="Two"),
        page("Two", "continuation", next_page="Three"),
        page("Three", "text", next_page="End"),
        END,
    )
    assert (it.texts, it.state) == (["One?", "Two?", "Three?"], "Three")
    assert it.says("whatever").texts == ["Bye "]
    assert it.status == "ended"


def test_the_initial_screen_comes_first() -> None:
    it = conversation(END, page("Start", "continuation", next_page="End", isInitialScreen=True))
    assert it.texts == ["Start?", "Bye "]


OPTIONS = page(
    "Plan",
    "options",
    options=[option(2, "Half", "Half"), option(1, "Full year"), option(3, "None", "Half")],
)
HALF = page("Half", "text", message="Half of {page_option}")


@pytest.mark.parametrize("reply", ["2", "half", "the second one", "2."])
def test_an_option_is_chosen_by_its_number_or_label(reply: str) -> None:
    it = conversation(OPTIONS, HALF, END)
    shown = [button["title"] for button in it.messages[0].buttons]
    assert shown == ["Full year", "Half", "None"]
    assert it.says(reply).texts == ["Half of Half"]


def test_yes_and_no_are_meant_not_spelt() -> None:
    listed = page("Sure", "options", options=[option(1, "Yes!"), option(2, "No", "Half")])
    assert conversation(listed, HALF, END).says("of course", "affirm").texts == ["Bye "]
    assert conversation(listed, HALF, END).says("rather not", "deny").texts == ["Half of No"]


def test_numbers_that_do_not_count_up_are_shown_as_they_are() -> None:
    gaps = page(
        "Plan", "options", options=[option(5, "Full"), option(9, "Half"), option(0, "Nothing")],
        fieldName="plan",
    )  # fmt: skip
    shown = "Plan?\n0. Nothing\n5. Full\n9. Half"
    it = conversation(gaps, END)
    assert (it.texts, it.messages[0].buttons) == ([shown], ())
    for reply in ("1", "2", "7", "one", "option 1", "5 or 9"):
        it = conversation(gaps, END).says(reply)
        assert (it.texts, it.state) == ([shown], "Plan")
    for reply, plan in (
        ("5", "Full"),
        ("nine", "Half"),
        ("option 0", "Nothing"),
        ("half", "Half"),
        ("the first", "Nothing"),
        ("the last one", "Half"),
    ):
        it = conversation(gaps, END).says(reply)
        assert (it.session.slots["plan"], it.status) == (plan, "ended")


def test_an_option_without_a_page_leads_where_its_page_does() -> None:
    listed = page("Plan", "options", next_page="End", options=[option("1", "Any", None)])
    assert conversation(listed, END).says("1").texts == ["Bye "]


def test_texts_and_labels_by_language() -> None:
    listed = page(
        "Plan", "options", message={"en": "Plan?", "es": "¿Plan?"}, content="!",
        options=[option(1, {"en": "Full", "es": "Todo"}), option(4, {"en": "Half"})],
    )  # fmt: skip
    it = Conversation(pages(listed, END), language="es").begin()
    assert it.texts == ["¿Plan?\n!\n1. Todo\n4. Half"]
    assert it.says("todo").status == "ended"


def test_going_back_keeps_what_was_collected() -> None:
    it = conversation(
        page("Name", "collect", fieldName="firstName", next_page="Age"),
        page("Age", "collect", fieldName="age", next_page="Sure", prev="Name"),
        page("Sure", "text", next_page="End", prev="Age"),
        END,
        back_words=["Back", "zurück"],
    )
    for word in ("BACK", "Back.", " zurück! "):
        it.says("Ann").says(word)
        assert (it.texts, it.fields["first_name"]) == (["Name?"], "Ann")
    it.says("Bea").says("34")
    assert it.says(" Zurück ").texts == ["Age?"]
    it.says("35")
    assert (it.state, it.session.slots["age"]) == ("Sure", "35")
    assert it.says("go").texts == ["Bye Bea"]
    assert it.calls == []


def test_going_back_leaves_out_pages_that_only_work() -> None:
    it = conversation(
        page("Name", "collect", fieldName="name", next_page="Fee"),
        {**FEE, "prev": "Name", "next_page": "Age"},
        page("Age", "collect", fieldName="age", prev="Fee", next_page="End"),
        END,
        functions={"work_out": event("slot", name="fee", value=5)},
    )
    it.says("Ann")
    assert (it.state, len(it.calls)) == ("Age", 1)
    assert (it.says("back").texts, len(it.calls)) == (["Name?"], 0)


def test_work_that_names_each_other_as_the_page_before_is_no_endless_search() -> None:
    it = conversation(
        page("Name", "collect", fieldName="name", next_page="Fee"),
        {**FEE, "prev": "Tax", "next_page": "Tax"},
        page("Tax", "computation", task="tax", prev="Fee", next_page="Age"),
        page("Age", "collect", fieldName="age", prev="Tax", next_page="End"),
        END,
    )
    assert it.says("Ann").says("back").state == "Age"


FEE = page("Fee", "computation", task="work_out", next_page="Shown")
SHOWN = page("Shown", "text", message="{fee} EUR", next_page="End")


def test_a_task_is_performed_and_leads_on() -> None:
    it = conversation(FEE, SHOWN, END, functions={"work_out": event("slot", name="fee", value=5)})
    assert (it.texts, it.state) == (["5 EUR"], "Shown")
    (call,) = it.calls
    assert (call.kind, call.name) == ("task", "work_out")
    assert call.arguments["page"] == {
        "title": "Fee", "pageType": "computation", "task": "work_out", "next_page": "Shown"
    }  # fmt: skip


def test_a_task_names_the_page_that_follows() -> None:
    it = conversation(FEE, SHOWN, END, functions={"work_out": event("goto", state="End")})
    assert (it.texts, it.status) == (["Bye "], "ended")


def test_a_task_is_switched_off() -> None:
    it = conversation({**FEE, "isToPerfomTask": False}, SHOWN, END)
    assert (it.calls, it.state) == ([], "Shown")
    it = conversation(page("Any", "text", task="work_out", isToPerfomTask=True))
    assert [call.name for call in it.calls] == ["work_out"]


API = page("Ask", "apiCall", task="api:weather", message="One moment.", next_page="Shown")


def test_an_api_is_called() -> None:
    sunny = ActionReturned(({"event": "slot", "name": "fee", "value": 7},))
    it = conversation(API, SHOWN, END, apis={"weather": sunny})
    assert it.texts == ["One moment.", "7 EUR"]
    assert [(call.kind, call.name) for call in it.calls] == [("api", "weather")]


def test_an_api_that_fails_leads_on_or_to_its_own_page() -> None:
    failed = ActionReturned(failed="timeout")
    it = conversation(API, SHOWN, END, apis={"weather": failed})
    assert it.texts == ["One moment.", " EUR"]
    assert it.session.slots["call_error"] == "timeout"
    it = conversation({**API, "error_page": "End"}, SHOWN, END, apis={"weather": failed})
    assert it.texts == ["One moment.", "Bye "]


def test_programs_may_write_every_key() -> None:
    empty: Json = {
        "content": "",
        "task": None,
        "options": [],
        "prev": None,
        "isToPerfomTask": False,
    }
    it = conversation({**page("Hi", "text"), **empty, "next_page": "", "fieldName": None})
    assert it.texts == ["Hi?"]


def test_the_author_keeps_what_was_written() -> None:
    document = pages(FEE, SHOWN, END, triggers=[{"keyword": "fee"}], title="Fees")
    flow = read_flow(copy.deepcopy(document), "f")
    assert (flow.source, flow.title, flow.triggers[0].value) == (document, "Fees", ("fee",))
    assert set(flow.states) == {"Fee", "Shown", "End"}
    assert origin(flow.states["Shown"].place, flow.origins) == "/pages/1"
    assert origin("/states/0/states/0/enter/0/say", flow.origins) == "/pages/1/message"
    assert origin("/triggers/0/keyword", flow.origins) == "/triggers/0/keyword"


def test_every_key_around_the_states_is_handed_on() -> None:
    around = set(DOCUMENT_KEYS) - {"states"}
    document = translate(pages(END, **dict.fromkeys(around, 1)), "f").document
    assert document is not None
    assert set(document) == {*around, "states"}


# What is refused


def asking(*options: Any) -> Json:
    return pages(page("A", "options", options=list(options)), END)


COLLECT = page("A", "collect", fieldName="x", next_page="End")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"pages": 5}, [("no-pages", "/pages")]),
        ({"pages": []}, [("no-pages", "/pages")]),
        ({"pages": {}}, [("no-pages", "/pages")]),
        ({"pages": [5]}, [("wrong-type", "/pages/0")]),
        (pages(END, sttes=[]), [("unknown-key", "/sttes")]),
        (pages({**END, "nextpage": "End"}), [("unknown-key", "/pages/0/nextpage")]),
        (pages({"pageType": "text"}), [("no-title", "/pages/0")]),
        (pages({**END, "title": 5}), [("wrong-type", "/pages/0/title")]),
        (pages({**END, "title": "@x"}), [("wrong-title", "/pages/0/title")]),
        (pages({"title": "x"}), [("unknown-page-type", "/pages/0")]),
        (pages({**END, "pageType": "texts"}), [("unknown-page-type", "/pages/0/pageType")]),
        (pages({**END, "pageType": 5}), [("unknown-page-type", "/pages/0/pageType")]),
        (pages({"title": "x", "pageType": "text"}), [("empty-text", "/pages/0")]),
        (pages({**END, "message": "  "}), [("empty-text", "/pages/0")]),
        (
            pages({**END, "message": 5}),
            [("wrong-type", "/pages/0/message")],
        ),
        (pages({**END, "message": "{a"}), [("wrong-template", "/pages/0/message")]),
        (
            pages({**END, "message": {"english": "x"}}),
            [("unknown-key", "/pages/0/message/english")],
        ),
        (pages(END, END), [("duplicate-name", "/pages/1/title")]),
        (pages({**END, "next_page": "Nowhere"}), [("unknown-page", "/pages/0/next_page")]),
        (pages({**END, "next_page": 5}), [("wrong-type", "/pages/0/next_page")]),
        (pages({**END, "prev": "Nowhere"}), [("unknown-page", "/pages/0/prev")]),
        (pages({**END, "isInitialScreen": "yes"}), [("wrong-type", "/pages/0/isInitialScreen")]),
        (
            pages({**END, "isInitialScreen": True}, {**COLLECT, "isInitialScreen": True}),
            [("two-initial-pages", "/pages/1/isInitialScreen")],
        ),
        (pages(page("A", "collect", next_page="End"), END), [("no-field", "/pages/0")]),
        (pages(page("A", "collect", fieldName="x"), END), [("no-next-page", "/pages/0")]),
        (pages({**COLLECT, "fieldName": 5}, END), [("wrong-type", "/pages/0/fieldName")]),
        (
            pages({**COLLECT, "options": [option(1, "x")]}, END),
            [("unused-key", "/pages/0/options")],
        ),
        (pages({**END, "fieldName": "x"}), [("unused-key", "/pages/0/fieldName")]),
        (pages({**END, "error_page": "End"}), [("unused-key", "/pages/0/error_page")]),
        (
            pages(COLLECT, END, slots={"x": {"type": "list"}}),
            [("wrong-field", "/pages/0/fieldName")],
        ),
        (
            pages(COLLECT, END, slots={"x": {"type": "listt"}}),
            [("wrong-field", "/pages/0/fieldName")],
        ),
        (pages(COLLECT, END, slots={"y": {"type": "listt"}}), [("unknown-type", "/slots/y/type")]),
        (pages(page("A", "continuation")), [("no-next-page", "/pages/0")]),
        (pages(page("A", "computation", next_page="End"), END), [("no-task", "/pages/0")]),
        (pages({**END, "isToPerfomTask": True}), [("no-task", "/pages/0/isToPerfomTask")]),
        (pages({**END, "task": 5}), [("wrong-type", "/pages/0/task")]),
        (pages({**END, "task": "api:x"}), [("wrong-task", "/pages/0/task")]),
        (pages({**API, "task": "api: "}, SHOWN, END), [("wrong-task", "/pages/0/task")]),
        (pages(page("A", "options")), [("no-options", "/pages/0")]),
        (pages(page("A", "options", options="x")), [("wrong-type", "/pages/0/options")]),
        (pages(page("A", "options", options=[5])), [("wrong-type", "/pages/0/options/0")]),
        (asking(option("x", "x")), [("wrong-number", "/pages/0/options/0/numberOnScreen")]),
        (asking(option(True, "x")), [("wrong-number", "/pages/0/options/0/numberOnScreen")]),
        (asking(option(-1, "x")), [("wrong-number", "/pages/0/options/0/numberOnScreen")]),
        (asking({"label": "x", "next_page": "End"}), [("wrong-number", "/pages/0/options/0")]),
        (asking(option(1, None)), [("no-label", "/pages/0/options/0")]),
        (asking(option(1, " ")), [("empty-text", "/pages/0/options/0/label")]),
        (asking(option(1, "x", None)), [("no-next-page", "/pages/0/options/0")]),
        (asking(option(1, "x", "Nowhere")), [("unknown-page", "/pages/0/options/0/next_page")]),
        (asking(option(1, "x", page="y")), [("unknown-key", "/pages/0/options/0/page")]),
        (
            asking(option(1, "x"), option(1, "y")),
            [("duplicate-option", "/pages/0/options/1/numberOnScreen")],
        ),
        (
            asking(option(1, "x"), option(2, "X ")),
            [("duplicate-option", "/pages/0/options/1/label")],
        ),
        (
            asking(option(1, "x"), option(2, "1")),
            [("duplicate-option", "/pages/0/options/1/label")],
        ),
        (pages(page("A", "continuation", next_page="A")), [("endless-pages", "/pages/0")]),
        (
            pages(
                page("A", "continuation", next_page="B"),
                page("B", "computation", task="x", next_page="A"),
            ),
            [("endless-pages", "/pages/1")],
        ),
        (
            pages({**API, "next_page": "End", "error_page": "Ask"}, END),
            [("endless-pages", "/pages/0")],
        ),
        (pages(END, back_words=[]), [("empty-list", "/back_words")]),
        (pages(END, back_words=5), [("wrong-type", "/back_words")]),
        (
            pages(END, triggers=[{"keyword": "x", "macth": "y"}]),
            [("unknown-key", "/triggers/0/macth")],
        ),
    ],
)
def test_mistakes_have_their_place(document: Any, expected: list[tuple[str, str]]) -> None:
    assert findings(document) == expected


def test_what_is_misspelt_is_said_with_the_nearest() -> None:
    def cures(document: Any) -> list[str]:
        return [finding.cure for finding in examine(document, "f")[1]]

    assert cures(pages({**END, "isToPerformTask": True})) == ["did you mean 'isToPerfomTask'?"]
    assert cures(pages({**END, "pageType": "colect"})) == ["did you mean 'collect'?"]
    assert cures(pages({**END, "next_page": "Ende"})) == ["did you mean 'End'?"]


def test_a_circle_that_waits_is_none() -> None:
    listed = [page("A", "continuation", next_page="B"), page("B", "text", next_page="A")]
    flow, _ = examine(pages(*listed), "f")
    assert isinstance(flow, Flow)


def test_a_long_chain_of_pages_is_read() -> None:
    chain = [page(f"P{i}", "continuation", next_page=f"P{i + 1}") for i in range(3000)]
    assert findings(pages(*chain, page("P3000", "text"))) == []
    assert findings(pages(*chain)) == [("unknown-page", "/pages/2999/next_page")]
    closed = [*chain[:-1], {**chain[-1], "next_page": "P0"}]
    assert findings(pages(*closed)) == [("endless-pages", "/pages/2999")]
