"""Golden cases: data files whose expectations `pytest --update-golden` rewrites for a review."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Golden = Callable[[Path, list[dict[str, Any]]], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares what came out with the `expected` of a case, or writes it there."""

    def compare(path: Path, found: list[dict[str, Any]]) -> None:
        case = json.loads(path.read_text())
        if request.config.getoption("--update-golden", default=False):
            case["expected"] = found
            path.write_text(json.dumps(case, indent=2, ensure_ascii=False) + "\n")
        assert found == case["expected"]

    return compare
