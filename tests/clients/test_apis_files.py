"""A project's declared calls are read from its folder, with file and line of every mistake."""

from pathlib import Path

from bot.clients.api_files import read_apis
from bot.engine.api_answers import sampled
from bot.settings import load

ROOT = Path(__file__).resolve().parents[2]
GOOD = '{"url": "https://shop.example/{order}",\n "auth": {"bearer": "${SHOP_KEY}"}}'


def project(folder: Path, **files: str | bytes) -> Path:
    (folder / "flows" / "apis").mkdir(parents=True)
    for name, text in files.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "flows" / "apis" / f"{name}.json").write_bytes(content)
    return folder


def test_every_file_is_a_call(tmp_path: Path) -> None:
    folder = project(tmp_path, orders=GOOD, stock='{"url": "https://x.example/"}', _draft="no")
    apis, findings = read_apis(folder, {"SHOP_KEY": "abcd"}.get)
    assert sorted(apis) == ["orders", "stock"]
    assert apis["orders"].parameters == {"order"}
    assert findings == []


def test_mistakes_have_file_and_line(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        bad='{"url": "https://x.example/",\n "retries": 9}',
        broken='{"url":\n "https://x.example/",}',
        latin=b'{"title": "\xe6"}',
        twice='{"url": "https://x.example/", "url": "y"}',
        deep='{"sample": ' + "[" * 100_000,
        large='"' + "x" * 2_100_000 + '"',
        off=GOOD,
    )
    apis, findings = read_apis(folder, {"SHOP_KEY": ""}.get)
    assert [(f.file.rpartition("/")[2], f.line, f.code) for f in findings] == [
        ("bad.json", 2, "wrong-number"),
        ("broken.json", 2, "json-syntax"),
        ("deep.json", None, "too-deep"),
        ("large.json", None, "too-large"),
        ("latin.json", None, "not-utf8"),
        ("off.json", 2, "api-off"),
        ("twice.json", None, "json-key"),
    ]
    assert list(apis) == ["off"]
    assert str(findings[0]).startswith("flows/apis/bad.json:2: error wrong-number at /retries")


def test_a_project_without_calls(tmp_path: Path) -> None:
    assert read_apis(tmp_path, {"": ""}.get) == ({}, [])


def test_the_settings_answer_for_variables() -> None:
    settings = load(ROOT, {"SHOP_KEY": "abcd", "EMPTY": ""})
    assert settings.variable("SHOP_KEY") == "abcd"
    assert settings.variable("EMPTY") is None
    assert settings.variable("NOWHERE") is None
    assert "abcd" not in repr(settings)


def test_the_shipped_calls() -> None:
    apis, findings = read_apis(ROOT, load(ROOT, {}).variable)
    assert findings == []
    assert "parcel" in apis
    for api in apis.values():
        assert api.has_sample
        assert sampled(api).failed is None
        assert not api.off
