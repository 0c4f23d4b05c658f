"""ResponseSelector: Rasa's JSON for retrieval intents."""

import json
from pathlib import Path

import pytest

from nlu.pipeline import load, save, to_rasa
from tests.nlu.reading import read_with, taught

DATA = """
nlu:
- intent: faq/hours
  examples: |
    - when do you open
    - what are your opening hours
    - are you open on sunday
- intent: faq/prices
  examples: |
    - how much is it
    - what does it cost
    - is it expensive
- intent: chitchat/joke
  examples: |
    - tell me a joke
    - make me laugh
- intent: chitchat/age
  examples: |
    - how old are you
    - what is your age
- intent: deny
  examples: |
    - no
    - not for me
responses:
  utter_faq/hours:
  - text: From nine to five.
  - text: Nine to five, {name}.
  utter_faq/prices:
  - text: A dollar.
  utter_chitchat/joke:
  - text: Knock, knock.
  utter_chitchat/age:
  - text: Younger than you.
"""
STEPS = (
    "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
    "- name: LogisticRegressionClassifier\n"
)


@pytest.fixture
def asked(project: Path) -> Path:
    (project / "nlu" / "data" / "nlu.yml").write_text(DATA, "utf-8")
    return project


def test_the_selection_has_rasas_form(asked: Path) -> None:
    reader = read_with(asked, STEPS + "- name: ResponseSelector\n  epochs: 100\n")
    answer = to_rasa(reader.parse("are you open now"))
    json.dumps(answer)
    assert answer["intent"]["name"] == "faq"
    selected = answer["response_selector"]
    assert selected["all_retrieval_intents"] == ["chitchat", "faq"]
    response, ranking = selected["default"]["response"], selected["default"]["ranking"]
    assert response["intent_response_key"] == "faq/hours"
    assert response["utter_action"] == "utter_faq/hours"
    assert [one["text"] for one in response["responses"]] == [
        "From nine to five.", "Nine to five, {name}.",
    ]  # fmt: skip
    assert response["confidence"] == ranking[0]["confidence"] > 0.3
    assert {one["intent_response_key"] for one in ranking} == {
        "faq/hours", "faq/prices", "chitchat/joke", "chitchat/age",
    }  # fmt: skip
    assert sum(one["confidence"] for one in ranking) == pytest.approx(1.0)


def test_one_selector_for_each_intent(asked: Path) -> None:
    steps = STEPS + "".join(
        f"- name: ResponseSelector\n  retrieval_intent: {intent}\n  ranking_length: 1\n"
        for intent in ("faq", "chitchat")
    )
    selected = to_rasa(read_with(asked, steps).parse("tell a joke"))["response_selector"]
    assert set(selected) == {"all_retrieval_intents", "faq", "chitchat"}
    assert selected["chitchat"]["response"]["intent_response_key"] == "chitchat/joke"
    assert selected["faq"]["response"]["intent_response_key"].startswith("faq/")
    assert [len(selected[i]["ranking"]) for i in ("faq", "chitchat")] == [1, 1]


def test_a_single_response_is_certain(project: Path) -> None:
    data = (
        "nlu:\n- intent: faq/one\n  examples: |\n    - hm\n- intent: b\n  examples: |\n    - two\n"
    )
    (project / "nlu" / "data" / "nlu.yml").write_text(data, "utf-8")
    reader = read_with(project, STEPS + "- name: ResponseSelector\n")
    response = reader.parse("hm").metadata["response_selector"]["default"]["response"]
    assert (response["intent_response_key"], response["confidence"]) == ("faq/one", 1.0)


def test_no_retrieval_intent_gives_an_empty_selection_and_a_notice(project: Path) -> None:
    model = taught(project, STEPS + "- name: ResponseSelector\n  retrieval_intent: faq\n")
    assert any("ResponseSelector" in notice and "faq" in notice for notice in model.notices)
    save(model, project / "models")
    selected = load(project / "models").parse("yes").metadata["response_selector"]
    assert selected["all_retrieval_intents"] == []
    assert selected["faq"]["ranking"] == []
    assert selected["faq"]["response"]["intent_response_key"] is None


def test_trained_and_loaded_select_the_same(asked: Path) -> None:
    steps = STEPS + "- name: ResponseSelector\n"
    trained = taught(asked, steps).interpreter().parse("what about prices")
    assert read_with(asked, steps).parse("what about prices") == trained


def test_rasas_options_are_taken_with_a_notice(asked: Path) -> None:
    steps = STEPS + "- name: ResponseSelector\n  epochs: 5\n  constrain_similarities: true\n"
    notices = "\n".join(taught(asked, steps).notices)
    assert "epochs" in notices
    assert "constrain_similarities" in notices
