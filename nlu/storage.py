"""A trained model in one file: a zip of JSON and arrays of numbers. Reading one runs no code."""

import hashlib
import io
import json
import math
import os
import struct
import tempfile
import tokenize
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.components.component import State
from nlu.errors import ModelError

FILE_NAME = "nlu.zip"
FORMAT = "parley-nlu"
FORMAT_VERSION = 2
MAX_BYTES = 512 * 1024 * 1024
_METADATA = "metadata.json"
# What zipfile raises for a file that is no whole archive.
_UNREADABLE = (
    OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
# Truth values, integers and fractions, as numpy names their kinds.
_NUMBERS = "biuf"
_KEYS = ("fingerprint", "config", "made_with", "components", "parts", "sha256")
# Zip entries carry a time; a fixed one keeps the same model the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a model file holds; `parts` are hashes of all that decided each component's state."""

    config: dict[str, Any]
    fingerprint: str
    states: list[State]
    made_with: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)


def write(saved: Saved, folder: Path) -> Path:
    """Write the model into `folder`, whole or not at all; the path of the file.

    ModelError where it cannot be written, such as on a full disk: what was there stays.
    """
    target = folder / FILE_NAME
    try:
        _replace(target, _packed(saved))
    except OSError as error:
        problem = f"the model cannot be saved ({error.strerror or error})"
        remedy = "What was there stays. Make room or give access, then run `parley train` again."
        raise ModelError(str(target), problem, remedy) from error
    return target


def _replace(target: Path, content: bytes) -> None:
    """Put a file in the place of another, in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{FILE_NAME}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            # Whoever trains is not always who serves.
            os.fchmod(out.fileno(), 0o644)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(folder: Path) -> Saved:
    """Read the model in `folder`; ModelError where it is not a whole model of this version."""
    path = folder / FILE_NAME if folder.is_dir() else folder
    files = _read_files(path)
    metadata = _metadata(path, files)
    _check_sums(path, metadata, files)
    try:
        states = [_state(position, files) for position in range(len(metadata["components"]))]
        made_with = dict(metadata["made_with"])
        parts = [str(part) for part in metadata["parts"]]
        fingerprint = str(metadata["fingerprint"])
        return Saved(dict(metadata["config"]), fingerprint, states, made_with, parts)
    except (KeyError, TypeError, ValueError, EOFError, RecursionError) as error:
        raise ModelError(str(path), f"the model is damaged ({error})") from error


def read_fingerprint(folder: Path) -> str:
    """The fingerprint alone, without the checks of a full read."""
    return str(read_metadata(folder)["fingerprint"])


def read_metadata(folder: Path) -> dict[str, Any]:
    """What the file says of itself: `config`, `fingerprint`, `made_with`; otherwise ModelError."""
    path = folder / FILE_NAME if folder.is_dir() else folder
    return _metadata(path, _read_files(path, only=_METADATA))


def _packed(saved: Saved) -> bytes:
    files: dict[str, bytes] = {}
    for position, state in enumerate(saved.states):
        files[f"{position:02}.json"] = _json(state.values)
        for name, array in sorted(state.arrays.items()):
            files[f"{position:02}.{name}.npy"] = _npy(array)
    metadata = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "fingerprint": saved.fingerprint,
        "config": saved.config,
        "made_with": saved.made_with,
        "parts": saved.parts,
        "components": [step["name"] for step in saved.config["pipeline"]],
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {_METADATA: _json(metadata), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content)
    return packed.getvalue()


def _read_files(path: Path, only: str | None = None) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if only in (None, e.filename)]
            if any(e.compress_type != zipfile.ZIP_STORED for e in entries):
                raise ModelError(str(path), "the file was not written by Parley")
            if sum(e.file_size for e in entries) > MAX_BYTES:
                raise ModelError(str(path), f"the model is larger than {MAX_BYTES} bytes")
            return {e.filename: archive.read(e) for e in entries}
    except FileNotFoundError as error:
        raise ModelError(str(path), "there is no trained model") from error
    except _UNREADABLE as error:
        raise ModelError(str(path), f"the file cannot be read ({error})") from error


def _metadata(path: Path, files: dict[str, bytes]) -> dict[str, Any]:
    try:
        metadata = json.loads(files[_METADATA])
        known = metadata["format"] == FORMAT
        version = metadata["format_version"]
        complete = all(k in metadata for k in _KEYS)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(str(path), "the file is not a model of Parley") from error
    if not known or not complete:
        raise ModelError(str(path), "the file is not a model of Parley")
    if version != FORMAT_VERSION:
        found = f"the model has format {version!r}, this Parley reads {FORMAT_VERSION}"
        raise ModelError(str(path), found)
    return dict(metadata)


def _check_sums(path: Path, metadata: dict[str, Any], files: dict[str, bytes]) -> None:
    content = {name: data for name, data in files.items() if name != _METADATA}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    if sums != metadata["sha256"]:
        raise ModelError(str(path), "the model's files and their checksums differ")


def _state(position: int, files: dict[str, bytes]) -> State:
    prefix = f"{position:02}."
    values = json.loads(files[f"{prefix}json"])
    if not isinstance(values, dict):
        raise ValueError(f"{prefix}json is not an object")
    arrays = {
        name.removeprefix(prefix).removesuffix(".npy"): _array(content)
        for name, content in files.items()
        if name.startswith(prefix) and name.endswith(".npy")
    }
    return State(values, arrays)


def _array(content: bytes) -> NDArray[Any]:
    """An array of numbers; ValueError where the header says other than what follows."""
    data = io.BytesIO(content)
    if np.lib.format.read_magic(data) != (1, 0):
        raise ValueError("an array is of another version")
    try:
        shape, _, dtype = np.lib.format.read_array_header_1_0(data)
    except (SyntaxError, tokenize.TokenError, RecursionError, MemoryError) as error:
        raise ValueError("an array has no header") from error
    size = math.prod(shape) * dtype.itemsize
    if (
        dtype.kind not in _NUMBERS
        or min(shape, default=0) < 0
        or size != len(content) - data.tell()
    ):
        raise ValueError("an array is not as large as it says")
    loaded: NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    return loaded


def _npy(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
