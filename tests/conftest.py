"""What several folders of tests share: options, a project with a trained model, real services."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from bot.cli.init import PARTS
from nlu import pipeline

ROOT = Path(__file__).resolve().parents[1]
SERVICES = {"postgres": 5432, "redis": 6379, "rabbitmq": 5672}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite what the golden cases expect"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs a server is skipped where none answers, but must run under CI=true."""
    for name, port in SERVICES.items():
        if item.get_closest_marker(name) and not _answers(port):
            told = f"no {name} answers on 127.0.0.1:{port}"
            if os.environ.get("CI") == "true":  # noqa: TID251
                pytest.fail(told)
            pytest.skip(told)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def trained_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of the shipped data, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    pipeline.save(pipeline.train(ROOT), folder)
    return folder


@pytest.fixture
def starter(tmp_path: Path, trained_model: Path) -> Path:
    """A project as `parley init` makes it, with its model trained."""
    target = tmp_path / "project"
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / part)
    shutil.copytree(trained_model, target / "var" / "models")
    return target
