"""Runs a sentence encoder: tokens, network, mean of the tokens' vectors, length 1."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.encoders.bert import IDS_INPUT, onnx_of_bert
from nlu.errors import PipelineError

PACKAGES = ("onnxruntime", "tokenizers")
_NETWORKS = ("model.onnx", "onnx/model.onnx", "model.safetensors")
_LONGEST_NAME = 100
_INPUTS = frozenset({IDS_INPUT, "attention_mask", "token_type_ids"})
# Stands for a text without tokens, where the tokenizer marks neither beginning nor end.
_PADDING = 0
_COMPONENT = "SentenceEmbeddingFeaturizer"


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """Where an encoder's two files lie; the network is ONNX, or a BERT's safetensors."""

    network: Path
    tokenizer: Path

    def digest(self) -> str:
        """A hash of both files: which encoder it is."""
        seen = hashlib.sha256()
        for path in (self.network, self.tokenizer):
            with path.open("rb") as content:
                seen.update(hashlib.file_digest(content, "sha256").digest())
        return seen.hexdigest()


class SentenceEncoder:
    """A network in memory. Safe to share between threads; the same text has the same vector."""

    def __init__(self, files: EncoderFiles, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._session = _session(files.network)
        self._inputs = [i.name for i in self._session.get_inputs()]
        if IDS_INPUT not in self._inputs or not set(self._inputs) <= _INPUTS:
            expected = ", ".join(sorted(_INPUTS))
            raise ValueError(f"the network's inputs are {self._inputs}, not of {expected}")

    def encode(self, text: str) -> NDArray[np.float32]:
        """The vector of `text`, of length 1."""
        # One text at a time: in a batch, a text's neighbours would change how it is quantised.
        tokens = self._tokenizer.encode(_encodable(text)).ids or [_PADDING]
        ids = np.array([tokens], np.int64)
        found = self._session.run(None, {name: _input(name, ids) for name in self._inputs})[0][0]
        pooled: NDArray[np.float32] = found.mean(axis=0) if found.ndim > 1 else found
        length = np.linalg.norm(pooled)
        return np.asarray(pooled / length if length > 0 else pooled, np.float32)


def find_encoder(model: str) -> EncoderFiles:
    """The files of a folder, or of an installed package; PipelineError says what is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        found = f"{' and '.join(missing)} is not installed"
        raise PipelineError(_COMPONENT, found, "`make embeddings` first, or the line left out")
    places = [Path(model).expanduser()] if _is_folder(model) else _package_folders(model)
    if not places:
        found = f"model {model[:80]!r} is no folder and no installed package"
        expected = "a folder with model.onnx and tokenizer.json, or `make embeddings` first"
        raise PipelineError(_COMPONENT, found, expected)
    for place in places:
        for name in _NETWORKS:
            files = EncoderFiles(place / name, place / "tokenizer.json")
            if files.network.is_file() and files.tokenizer.is_file():
                return files
    expected = "model.onnx (or a BERT's model.safetensors) and tokenizer.json beside it"
    raise PipelineError(_COMPONENT, f"there is no encoder in {model!r}", expected)


def load_encoder(files: EncoderFiles, max_tokens: int) -> SentenceEncoder:
    """The encoder; PipelineError where its files are not what their names say."""
    try:
        return SentenceEncoder(files, max_tokens)
    # The tokenizer and the runtime raise classes of their own, derived from Exception alone.
    except Exception as error:
        found = f"the encoder in {files.network.parent} cannot be read ({error})"
        raise PipelineError(_COMPONENT, found, "model.onnx and tokenizer.json, whole") from error


def _is_folder(model: str) -> bool:
    try:
        return bool(model) and Path(model).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def _package_folders(name: str) -> list[Path]:
    """The folder of an installed package, and the one in it that holds a model."""
    module = name.replace("-", "_")
    if not module.isidentifier() or len(module) > _LONGEST_NAME:
        return []
    spec = find_spec(module)
    roots = [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []
    return [folder for root in roots for folder in (root, root / "model")]


def _session(network: Path) -> Any:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # One thread adds in one order, and leaves the other cores to other messages.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    if network.suffix != ".safetensors":
        return InferenceSession(str(network), options, providers=providers)
    # A session made of bytes would keep them beside its own copy.
    with NamedTemporaryFile(suffix=".onnx") as converted:
        converted.write(onnx_of_bert(network.parent))
        converted.flush()
        return InferenceSession(converted.name, options, providers=providers)


def _input(name: str, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    if name == IDS_INPUT:
        return ids
    return np.ones_like(ids) if name == "attention_mask" else np.zeros_like(ids)


def _encodable(text: str) -> str:
    """Without lone surrogates, which have no UTF-8."""
    return text.encode("utf-8", "replace").decode()
