"""The shipped flows do what their conversation tests say, and every part of them is reached."""

from pathlib import Path

from tests.cli.commands import parley


def test_every_shipped_flow_is_reached_whole(starter: Path) -> None:
    done = parley(starter, "test", "--coverage", "--fail-under", "100")
    assert done.returncode == 0, done.stdout + done.stderr
    shipped = {path.stem for path in (starter / "flows").glob("[!_]*.json")}
    tested = {
        path.name.removesuffix(".test.yml") for path in (starter / "flows").glob("*.test.yml")
    }
    assert shipped == tested
    assert shipped >= {"bgcheck", "coupon", "optin"}
