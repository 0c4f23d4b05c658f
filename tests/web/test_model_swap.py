"""Another model takes the place of the one in use while messages are read, over real HTTP."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import LoadedModel
from bot.web.access import protect
from bot.web.problems import answer_errors
from bot.web.rasa_api import rasa_blueprint
from nlu import pipeline
from tests.serving import listening, new_app
from tests.web.conftest import BEARER, Web

CONFIG = """
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
"""
DATA = """
nlu:
- intent: affirm
  examples: |
    - yes
    - sure thing
- intent: {other}
  examples: |
    - no
    - not for me
"""
TEXTS = ("yes", "no", "sure thing please", "/affirm", "", "\u202e" * 50, "not for me, " * 100)


@dataclass
class Serving:
    """A server with a model of its own."""

    project: Path
    model: LoadedModel
    url: str

    @property
    def folder(self) -> Path:
        return self.project / "var" / "models"

    async def post(self, path: str, **given: Any) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession(headers=BEARER) as client,
            client.post(self.url + path, **given) as answer,
        ):
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.read())

    async def put(self, **given: Any) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession(headers=BEARER) as client,
            client.put(self.url + "/model", **given) as answer,
        ):
            return answer.status, await answer.json() if answer.status >= 400 else None


def write(project: Path, other: str) -> None:
    (project / "nlu" / "data").mkdir(parents=True, exist_ok=True)
    (project / "config.yml").write_text(CONFIG, "utf-8")
    (project / "nlu" / "data" / "nlu.yml").write_text(DATA.format(other=other), "utf-8")


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Serving]:
    write(tmp_path, "deny")
    pipeline.save(pipeline.train(tmp_path), tmp_path / "var" / "models")
    async with serve(tmp_path) as made:
        yield made


@asynccontextmanager
async def serve(project: Path) -> AsyncIterator[Serving]:
    model, web = LoadedModel(project / "var" / "models", project), Web()
    context = replace(
        web.rasa(), reader=model, model=model.described, load_model=model.load,
        train_model=model.train, trainings=lambda: model.trainings,
    )  # fmt: skip
    app = new_app("swap")
    answer_errors(app)
    protect(app, web.tokens)
    app.blueprint(rasa_blueprint(context))
    async with listening(app) as url:
        yield Serving(project, model, url)


async def test_no_parse_fails_while_the_model_is_swapped(serving: Serving, tmp_path: Path) -> None:
    made = {}
    for other in ("deny", "refuse"):
        write(tmp_path / other, other)
        made[other] = pipeline.save(pipeline.train(tmp_path / other), tmp_path / f"{other}-model")
    found: Counter[tuple[int, str]] = Counter()
    swapping = True

    async def read(client: aiohttp.ClientSession) -> None:
        turn = 0
        while swapping or turn < len(TEXTS):
            body = {"text": TEXTS[turn % len(TEXTS)]}
            async with client.post(serving.url + "/model/parse", json=body) as answer:
                parsed = await answer.json()
                found[answer.status, parsed["intent"]["name"]] += 1
                assert parsed["text"] == body["text"]
            turn += 1

    async with aiohttp.ClientSession(headers=BEARER) as client:
        readers = [asyncio.create_task(read(client)) for _ in range(6)]
        for turn in range(40):
            unfinished = serving.folder / "next.part"
            shutil.copyfile(made["refuse" if turn % 2 == 0 else "deny"], unfinished)
            unfinished.replace(serving.folder / "nlu.zip")
            assert (await serving.put())[0] == 204
        swapping = False
        await asyncio.gather(*readers)
    assert {status for status, _ in found} == {200}
    assert {name for _, name in found} >= {"affirm", "deny", "refuse"}


async def test_retraining_answers_the_file_and_put_takes_it(serving: Serving) -> None:
    before = serving.model.described()["model_id"]
    write(serving.project, "refuse")
    status, content = await serving.post("/model/train")
    assert status == 200
    assert content == (serving.folder / "nlu.zip").read_bytes()
    assert (await serving.post("/model/parse", json={"text": "no"}))[1]["intent"]["name"] == "deny"
    assert await serving.put(json={"model_file": "models/nlu.zip"}) == (204, None)
    assert (await serving.post("/model/parse", json={"text": "no"}))[1]["intent"][
        "name"
    ] == "refuse"
    assert serving.model.described()["model_id"] != before


async def test_a_project_in_the_body_is_trained_as_in_rasa(serving: Serving) -> None:
    body = CONFIG + DATA.format(other="decline") + "intents: [affirm, decline]\nstories: []\n"
    async with (
        aiohttp.ClientSession(headers=BEARER) as client,
        client.post(serving.url + "/model/train", data=body.encode()) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "application/octet-stream")
        name, content = answer.headers["filename"], await answer.read()
    assert (serving.folder.parent / name).read_bytes() == content
    assert (await serving.put(json={"model_file": name}))[0] == 204
    assert (await serving.post("/model/parse", json={"text": "no"}))[1]["intent"][
        "name"
    ] == "decline"
    assert serving.model.described()["model_file"] == name
    assert (await serving.put())[0] == 204
    assert (await serving.post("/model/parse", json={"text": "no"}))[1]["intent"]["name"] == "deny"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"pipeline: []\n", "nlu"),
        (b"nlu: [", "YAML"),
        (b"\xff", "UTF-8"),
        (b"nlu:\n- intent: a\n  examples: |\n    - b\n", "two intents"),
        (CONFIG.replace("Whitespace", "Whitspace").encode() + DATA.encode(), "WhitespaceTokenizer"),
    ],
)
async def test_a_body_that_cannot_be_trained_is_told(
    serving: Serving, body: bytes, words: str
) -> None:
    status, answer = await serving.post("/model/train", data=body)
    assert status == 400
    assert words in answer["message"]
    assert (await serving.post("/model/parse", json={"text": "no"}))[0] == 200


async def test_a_failed_training_or_a_broken_file_leaves_the_model_in_use(serving: Serving) -> None:
    (serving.project / "config.yml").write_text("pipeline:\n- name: DIETClassifier\n", "utf-8")
    status, answer = await serving.post("/model/train")
    assert (status, "config.yml:2" in answer["message"]) == (400, True)
    assert (await serving.put())[0] == 204
    (serving.folder / "nlu.zip").write_bytes(b"PK broken")
    status, answer = await serving.put()
    assert (status, "parley train" in answer["message"]) == (400, True)
    assert (await serving.post("/model/parse", json={"text": "no"}))[1]["intent"]["name"] == "deny"


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../models/nlu.zip", "x.zip", "models/../../nlu.zip", "a\0.zip", "nlu.txt"],
)
async def test_only_models_of_the_projects_folder_are_loaded(serving: Serving, name: str) -> None:
    status, answer = await serving.put(json={"model_file": name})
    assert (status, answer["details"]["errors"][0]["field"]) == (400, "model_file")


async def test_what_was_asked_is_ranked_by_itself(serving: Serving) -> None:
    body = {"text": "yes", "asked": ["deny"]}
    _, parsed = await serving.post("/model/parse", json=body)
    assert parsed["asked_ranking"] == [{"name": "deny", "confidence": 1.0}]
    assert parsed["intent"]["name"] == "affirm"
    _, parsed = await serving.post("/model/parse", json={"text": "yes", "asked": ["colour"]})
    assert parsed["asked_ranking"] == []
    _, parsed = await serving.post("/model/parse", json={"text": "yes"})
    assert "asked_ranking" not in parsed
