"""Flows are saved while the server runs: who is in one goes on, who comes gets the new one."""

import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests.e2e.server import TOKEN, Server, until

POSTGRES = "postgresql://postgres@127.0.0.1:5432"
DATABASE = "parley_reload_test"


def talk(version: str, **keys: Any) -> str:
    """A flow in which every text tells the version."""
    return json.dumps(
        {
            "triggers": [{"keyword": ["go"]}],
            "states": [{
                "name": "ASK", "enter": {"say": f"ask {version}"},
                "states": [
                    {"name": "DONE", "condition": "get_smth_from_user",
                     "enter": {"say": f"done {version}"}},
                ],
            }],
            **keys,
        },
        indent=1,
    )  # fmt: skip


@pytest.fixture
def project(starter: Path) -> Path:
    """A project with one flow."""
    shutil.rmtree(starter / "flows")
    (starter / "flows").mkdir()
    save(starter, talk("1"))
    config = (starter / "config.yml").read_text()
    (starter / "config.yml").write_text(config.replace("default_flow: optin", "default_flow: talk"))
    return starter


def save(project: Path, text: str, name: str = "talk.json") -> None:
    """Saves a file as an editor does: half of it first."""
    path = project / "flows" / name
    path.write_text(text[: len(text) // 2])
    path.write_text(text)


async def says(server: Server, sender: str, text: str) -> list[str]:
    """What is said back to a message by the REST channel."""
    body = {"sender": sender, "message": text}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{server.url}/webhooks/rest/webhook", json=body) as answer,
    ):
        return [it["text"] for it in await answer.json()]


async def send(server: Server, method: str, path: str, **body: Any) -> tuple[int, Any]:
    """A request to the API, with status and answer."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.request(method, f"{server.url}/api/v1/{path}", json=body) as answer,
    ):
        return answer.status, await answer.json()


async def version(server: Server) -> str:
    """The current version."""
    [flow] = (await server.get("/api/v1/flows"))["items"]
    return str(flow["version"])


async def moved_on(server: Server, old: str) -> str:
    """The current version, once it is another one."""

    async def another() -> str | None:
        found = await version(server)
        return found if found != old else None

    return str(await until(another, 20, "another version"))


async def test_three_versions_side_by_side_then_none_is_left(project: Path) -> None:
    async with Server(project) as server:
        versions = [await version(server)]
        assert await says(server, "ann", "go") == ["ask 1"]
        for number, who in (("2", "bob"), ("3", "cid")):
            save(project, talk(number))
            versions.append(await moved_on(server, versions[-1]))
            assert await says(server, who, "go") == [f"ask {number}"]
        shown = (await server.get("/api/v1/flows/talk/versions"))["items"]
        assert {it["version"]: (it["standing"], it["states"]) for it in shown} == {
            versions[2]: ("current", {"ASK": 1}),
            versions[1]: ("retired", {"ASK": 1}),
            versions[0]: ("retired", {"ASK": 1}),
        }
        assert await says(server, "ann", "yes") == ["done 1"]
        status, moves = await send(server, "POST", f"flows/talk/versions/{versions[1]}/migrate")
        assert (status, moves["moved"], moves["left"]) == (200, 1, 0)
        assert await says(server, "bob", "yes") == ["done 3"]
        assert await says(server, "cid", "yes") == ["done 3"]
        for old in versions[:2]:
            assert (await send(server, "DELETE", f"flows/talk/versions/{old}"))[0] == 200


async def test_what_is_wrong_changes_nothing_and_is_told(project: Path) -> None:
    async with Server(project) as server:
        before = await version(server)
        assert await says(server, "ann", "go") == ["ask 1"]
        save(project, talk("2", tirggers=[]))

        async def refused() -> Any:
            return (await server.get("/api/v1/flows"))["problems"]

        [problem] = await until(refused, 20, "a refusal")
        assert (problem["file"], problem["code"]) == ("flows/talk.json", "unknown-key")
        assert problem["line"]
        assert "did you mean 'triggers'?" in problem["cure"]
        assert await version(server) == before
        assert await says(server, "ann", "yes") == ["done 1"]
        told = server.log.read_text()
        assert "flows_refused" in told
        assert "flows/talk.json:" in told
        save(project, talk("2"))
        await moved_on(server, before)
        assert await refused() == []
        save(project, "not a flow", "talk.test.yml")
        save(project, "{", "_draft.json")
        save(project, '{"open": tru', "_globals.json")
        [problem] = await until(refused, 20, "a refusal")
        assert (problem["file"], problem["code"]) == ("flows/_globals.json", "json-syntax")


async def test_global_values_are_saved_and_edited(project: Path) -> None:
    hours = {"enter": {"say": "open {globals.hours}"}, "name": "ASK"}
    text = json.dumps({"triggers": [{"keyword": ["go"]}], "states": [hours]})
    save(project, '{"hours": "9 to 5"}', "_globals.json")
    save(project, text)
    async with Server(project) as server:
        assert await says(server, "ann", "go") == ["open 9 to 5"]
        status, shown = await send(server, "PATCH", "globals", set={"hours": "8 to 4"}, version=1)
        assert (status, shown["version"]) == (200, 2)
        assert await says(server, "bob", "go") == ["open 8 to 4"]
    async with Server(project) as server:
        assert await says(server, "cid", "go") == ["open 8 to 4"], "a restart undoes an edit"
        save(project, '{"hours": "noon"}', "_globals.json")

        async def third() -> bool:
            return bool((await server.get("/api/v1/globals"))["version"] == 3)

        await until(third, 20, "the file's value")
        assert await says(server, "dan", "go") == ["open noon"]


async def test_a_folder_that_is_replaced(project: Path) -> None:
    async with Server(project) as server:
        before = await version(server)
        other = project / "flows.new"
        other.mkdir()
        (other / "talk.json").write_text(talk("2"))
        (project / "flows").rename(project / "flows.old")
        other.rename(project / "flows")
        second = await moved_on(server, before)
        save(project, talk("3"))
        await moved_on(server, second)


@pytest.mark.parametrize("boundary", ["definition_kept", "published"])
async def test_a_death_in_the_middle_of_publishing(project: Path, boundary: str) -> None:
    armed = project / "crash"
    server = Server(
        project, program=("-m", "tests.e2e.crashing"), CRASH_FILE=str(armed)
    )  # fmt: skip
    await server.start()
    before = await version(server)
    assert await says(server, "ann", "go") == ["ask 1"]
    armed.write_text(boundary)
    save(project, talk("2"))
    process = server.process
    assert process is not None
    await until(lambda: process.poll() is not None, 20, "its death")
    [(manifest,)] = server.sql("SELECT manifest FROM publications ORDER BY number DESC LIMIT 1")
    current = json.loads(manifest)["flows"]["talk"]
    assert (current == before) == (boundary == "definition_kept")
    kept = {hash for (hash,) in server.sql("SELECT hash FROM flow_versions")}
    numbers = [n for (n,) in server.sql("SELECT number FROM publications ORDER BY number")]
    assert current in kept
    assert numbers == list(range(1, len(numbers) + 1))
    async with server:
        assert await says(server, "ann", "yes") == ["done 1"]
        assert await says(server, "bob", "go") == ["ask 2"]


@pytest.mark.postgres
async def test_two_processes_see_what_one_publishes(project: Path, tmp_path: Path) -> None:
    admin = await asyncpg.connect(f"{POSTGRES}/postgres")
    await admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {DATABASE}")
    await admin.close()
    endpoints = (project / "endpoints.yml").read_text()
    (project / "endpoints.yml").write_text(
        endpoints.replace("type: in_memory ", "type: database ", 1)
    )
    # The other process has files of its own, so that it learns of a save by the database alone.
    other = tmp_path / "other"
    shutil.copytree(project, other)
    url = f"{POSTGRES}/{DATABASE}"
    async with Server(project, database=url) as here, Server(other, database=url) as there:
        before = await version(here)
        assert await version(there) == before
        assert await says(there, "ann", "go") == ["ask 1"]
        save(project, talk("2"))
        second = await moved_on(here, before)
        assert await moved_on(there, before) == second
        assert await says(there, "bob", "go") == ["ask 2"]
        assert await says(there, "ann", "yes") == ["done 1"]
        status, _ = await send(there, "PATCH", "globals", set={"open": True})
        assert status == 200

        async def seen() -> Any:
            return (await here.get("/api/v1/globals"))["values"].get("open")

        await until(seen, 20, "the value")
