"""A model file from a stranger: refused with what to do, soon, and without running any of it."""

import hashlib
import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.parse import Parse
from nlu.components.component import Component, State
from nlu.config import build_all, read_config
from nlu.message import Message
from nlu.pipeline import ModelError, TrainedModel, describe, is_current, load, save, train
from nlu.storage import FILE_NAME, FORMAT_VERSION
from tests.conftest import ROOT
from tests.nlu.conftest import TINY_DATA

PIPELINE = """
pipeline:
- name: LanguageDetector
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
- name: RegexEntityExtractor
"""
CLASSIFIER = "03"
TEXTS = ("yes", "I live in Berlin", "12345", "qué tal", "好的 👍", "\u202e", "my name is Anna")
# What `load` turns into a ModelError.
REFUSALS = (LookupError, TypeError, ValueError, AttributeError)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small model."""
    project = tmp_path_factory.mktemp("small")
    (project / "nlu" / "data").mkdir(parents=True)
    (project / "nlu" / "data" / "nlu.yml").write_text(TINY_DATA, "utf-8")
    (project / "config.yml").write_text(PIPELINE, "utf-8")
    return save(train(project), project / "models").read_bytes()


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes], ModelError]:
    """Gives the error that these bytes are answered with."""

    def answer(content: bytes) -> ModelError:
        (tmp_path / FILE_NAME).write_bytes(content)
        with pytest.raises(ModelError) as raised:
            load(tmp_path)
        assert "parley train" in str(raised.value)
        assert not is_current(tmp_path, ROOT)
        return raised.value

    return answer


def readings(content: bytes, folder: Path) -> list[Parse] | None:
    """What the model of these bytes reads; None where it is refused."""
    (folder / FILE_NAME).write_bytes(content)
    try:
        interpreter = load(folder)
    except ModelError:
        return None
    return [interpreter.parse(text) for text in TEXTS]


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def rewritten(content: bytes, metadata: dict[str, Any], **files: bytes) -> bytes:
    """The model with other content and right checksums; `a__b` is the file `a.b`."""
    changed = {name.removeprefix("_").replace("__", "."): data for name, data in files.items()}
    every = files_of(content) | changed
    said = json.loads(every.pop("metadata.json")) | metadata
    said["sha256"] = {n: hashlib.sha256(c).hexdigest() for n, c in every.items()}
    return zipped({"metadata.json": json.dumps(said).encode(), **every})


# Damage


def test_a_model_cut_anywhere(whole: bytes, refused: Callable[[bytes], ModelError]) -> None:
    for size in [*range(200), *range(200, len(whole), len(whole) // 150), len(whole) - 1]:
        refused(whole[:size])


def test_a_model_with_something_before_or_after_it(whole: bytes, tmp_path: Path) -> None:
    intact = readings(whole, tmp_path)
    assert intact
    for content in (b"#!/bin/sh\n" + whole, whole + b"more", whole + whole):
        assert readings(content, tmp_path) in (None, intact)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_bytes_changed_at_random_change_no_reading(
    whole: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    broken = bytearray(whole)
    places = st.one_of(
        st.integers(0, len(whole) - 1), st.integers(max(0, len(whole) - 900), len(whole) - 1)
    )
    for place in data.draw(st.lists(places, min_size=1, max_size=8)):
        broken[place] = data.draw(st.integers(0, 255))
    assert readings(bytes(broken), tmp_path) in (None, readings(whole, tmp_path))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(b"PK\3\4".__add__)))
def test_any_bytes(refused: Callable[[bytes], ModelError], content: bytes) -> None:
    refused(content)


# Files of another kind


class Harmful:
    """Unpickling it would leave a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def test_a_pickle_by_the_name_of_a_model(
    refused: Callable[[bytes], ModelError], tmp_path: Path
) -> None:
    refused(pickle.dumps(Harmful(tmp_path / "harm")))
    assert not (tmp_path / "harm").exists()


def test_a_pickle_within_a_model(
    whole: bytes, refused: Callable[[bytes], ModelError], tmp_path: Path
) -> None:
    array = io.BytesIO()
    np.save(array, np.array([Harmful(tmp_path / "harm")], object), allow_pickle=True)
    for content in (array.getvalue(), pickle.dumps(Harmful(tmp_path / "harm"))):
        refused(rewritten(whole, {}, **{f"_{CLASSIFIER}__bias__npy": content}))
        # One that no component asks for is not unpickled either.
        refused(rewritten(whole, {}, _00__more__npy=content))
    assert not (tmp_path / "harm").exists()


def test_foreign_archives(whole: bytes, refused: Callable[[bytes], ModelError]) -> None:
    refused(zipped({}))
    refused(zipped({"model.pkl": b"x", "config.json": b"{}"}))
    refused(zipped({"word/document.xml": b"<xml/>"}, zipfile.ZIP_DEFLATED))
    refused(zipped({"metadata.json": b'{"trained_at": 1, "domain": {}}'}))
    assert "not written by Parley" in str(refused(zipped(files_of(whole), zipfile.ZIP_DEFLATED)))


@pytest.mark.parametrize("version", [1, 0, -1, FORMAT_VERSION + 1, "2", None, [], 2.5, 10**30])
def test_another_format(
    whole: bytes, refused: Callable[[bytes], ModelError], version: object
) -> None:
    told = str(refused(rewritten(whole, {"format_version": version})))
    assert f"format {version!r}, this Parley reads {FORMAT_VERSION}" in told


def test_names_that_lead_out_of_the_folder(whole: bytes, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    absolute = (tmp_path / "out.json").as_posix()
    names = ["../../out.json", absolute, "..\\out.json", "00.../out.npy", "C:out"]
    content = rewritten(whole, {}, **dict.fromkeys(names, b"{}"))
    readings(content, inner)
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert found == ["a", "a/b", f"a/b/{FILE_NAME}"]


# Sizes that are not what they say


def test_an_archive_that_unpacks_to_more_than_it_is(
    refused: Callable[[bytes], ModelError],
) -> None:
    bomb = zipped({"metadata.json": b" " * 50_000_000}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    assert "not written by Parley" in str(refused(bomb))


@pytest.mark.parametrize("size", [2**20, 2**31, 2**32 - 2])
def test_an_entry_that_claims_to_be_large(
    whole: bytes, refused: Callable[[bytes], ModelError], size: int
) -> None:
    broken = bytearray(whole)
    central = broken.index(b"PK\1\2")
    broken[central + 20 : central + 28] = struct.pack("<II", size, size)
    refused(bytes(broken))


def test_entries_that_share_their_bytes(refused: Callable[[bytes], ModelError]) -> None:
    name, content = b"metadata.json", b" " * 1_000_000
    size, crc = len(content), zlib.crc32(content)
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, crc, size, size, len(name), 0)
    local = b"PK\3\4" + fields + name + content
    entry = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1000, 1000, 1000 * len(entry), len(local), 0)
    told = refused(local + entry * 1000 + b"PK\5\6" + end)
    assert "larger than" in str(told)


def header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    "array",
    [
        header("(1000000000000,)"),
        header("(4000000000,)") + b"\0" * 100,
        header("(1000000, 1000000, 1000000)"),
        header("(-1,)"),
        header("(" * 500),
        header("(3,)", "'|O'") + b"\0" * 24,
        header("(3,)", "'<U1000000000'"),
        header("(3,)", "[('a', '<f4')]") + b"\0" * 12,
        header("(3,)", "'<f4'") + b"\0" * 13,
        header("(1,)", "__import__('os').system('true')"),
        b"\x93NUMPY\x01\x00\xff\xff" + b" " * 65535,
        b"\x93NUMPY\x09\x00",
        b"",
        zipped({"a.npy": header("(0,)")}),
    ],
)  # fmt: skip
def test_arrays_that_are_none(
    whole: bytes, refused: Callable[[bytes], ModelError], array: bytes
) -> None:
    refused(rewritten(whole, {}, **{f"_{CLASSIFIER}__bias__npy": array}))
    refused(rewritten(whole, {}, _01__foreign__npy=array))


DEEP = b'{"a":' * 100_000


@pytest.mark.parametrize(
    "content",
    [DEEP, b"[" * 100_000, b"\xff\xfe", b"nul", b"1" * 10_000, b"[]", b'"x"', b"null", b"NaN"],
    ids=lambda content: repr(content[:12]),
)
def test_json_that_is_no_state(
    whole: bytes, refused: Callable[[bytes], ModelError], content: bytes
) -> None:
    for position in ("00", "01", CLASSIFIER):
        refused(rewritten(whole, {}, **{f"_{position}__json": content}))


@pytest.mark.parametrize(
    "metadata",
    [
        {"config": None},
        {"config": {"language": "en", "pipeline": None}},
        {"config": {"language": "en", "pipeline": [None] * 5}},
        {"config": {"language": "en", "pipeline": [{"name": {}, "options": 1}] * 5}},
        {"config": {"language": "en", "pipeline": [{"name": "os.system", "options": {}}] * 5}},
        {"config": {"language": "en", "pipeline": []}, "components": []},
        {"components": 5},
        {"components": ["a"] * 100_000},
        {"made_with": []},
        {"made_with": {}},
        {"parts": None},
        {"parts": 1},
    ],
)  # fmt: skip
def test_metadata_that_makes_no_sense(
    whole: bytes, refused: Callable[[bytes], ModelError], metadata: dict[str, Any], tmp_path: Path
) -> None:
    refused(rewritten(whole, metadata))
    try:
        assert describe(tmp_path)
    except ModelError:
        return


@pytest.mark.parametrize("sums", [None, [], {}, "x", {"01.json": 1}])
def test_checksums_that_are_none(
    whole: bytes, refused: Callable[[bytes], ModelError], sums: object
) -> None:
    files = files_of(whole)
    said = json.loads(files["metadata.json"]) | {"sha256": sums}
    refused(zipped(files | {"metadata.json": json.dumps(said).encode()}))


def test_an_expression_that_could_hang_a_message(
    whole: bytes, refused: Callable[[bytes], ModelError]
) -> None:
    for expression in ("(a+)+b", "(a|a)*b", "(", "a{99999999999}"):
        values = {"expressions": [["x", expression]], "lookups": {}}
        refused(rewritten(whole, {}, _04__json=json.dumps(values).encode()))


# What each shipped component takes back


def wrong_values(value: object) -> Iterator[object]:
    yield from (
        None,
        7,
        -1.5,
        float("nan"),
        "x",
        [],
        {},
        [None],
        [1, 2],
        [[]],
        {"x": 1},
        {"x": [1]},
    )
    if isinstance(value, list) and value:
        yield value[:-1]
        yield [*value[:-1], {}]
        yield [*value, "one more"]
    if isinstance(value, dict) and value:
        first = next(iter(value))
        yield {key: each for key, each in value.items() if key != first}
        yield {**value, first: None}
        yield {**value, first: 3}


def wrong_arrays(array: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    yield array[:-1]
    yield np.concatenate([array, array[-1:]]) if array.ndim else np.zeros(3, array.dtype)
    yield array.reshape(-1, 1, 1)
    yield array.astype(np.float64)
    yield array.astype(str)
    yield np.zeros((), array.dtype)
    if array.dtype.kind == "f":
        yield np.full_like(array, np.nan)
        yield np.full_like(array, np.inf)


def wrong_states(state: State) -> Iterator[tuple[str, State]]:
    for key, value in state.values.items():
        yield f"no {key}", State({k: v for k, v in state.values.items() if k != key}, state.arrays)
        for wrong in wrong_values(value):
            yield f"{key} is {wrong!r:.60}", State({**state.values, key: wrong}, state.arrays)
    for key, array in state.arrays.items():
        yield f"no {key}", State(state.values, {k: a for k, a in state.arrays.items() if k != key})
        for other in wrong_arrays(array):
            told = f"{key} is {other.dtype}{other.shape}"
            yield told, State(state.values, {**state.arrays, key: other})


@pytest.mark.parametrize("position", range(len(read_config(ROOT).steps)))
def test_a_component_refuses_a_state_or_reads_with_it(model: TrainedModel, position: int) -> None:
    before = [Message(text) for text in TEXTS]
    for component in model.components[:position]:
        for message in before:
            component.process(message)
    original = model.components[position]
    for what, state in wrong_states(original.state()):
        other = type(original)(original.options, original.language)
        try:
            other.restore(state)
            widths_differ = _width(other) != _width(original)
        except REFUSALS:
            continue
        if widths_differ:
            continue  # `load` compares them with the features before it
        for message in before:
            try:
                other.process(_copied(message))
            except Exception as error:
                raise AssertionError(f"{type(other).__name__}: {what}") from error


def _width(component: Component[Any]) -> int | None:
    """How many features it reads, if it reads features."""
    width: Callable[[], int] | None = getattr(component, "width", None)
    return width() if width else None


def _copied(message: Message) -> Message:
    copied = Message(message.text, message.language)
    copied.tokens, copied.features = list(message.tokens), list(message.features)
    copied.ranking, copied.entities = list(message.ranking), list(message.entities)
    copied.metadata, copied.analysis = dict(message.metadata), message.analysis
    return copied


def test_the_components_of_the_shipped_model_are_those_of_the_settings(
    model: TrainedModel,
) -> None:
    built, _ = build_all(read_config(ROOT))
    assert [type(c) for c in built] == [type(c) for c in model.components]
