"""Reads Rasa's YAML (2.x and 3.x): intents with examples, synonyms, regexes, lookups, responses."""

from collections.abc import Iterator
from typing import Any

from nlu.errors import nearest
from nlu.training.blocks import BLANK, KINDS, Block, Line, Target, looks_like_path
from nlu.training.yaml_nodes import Mapping, Node, Scalar, Sequence, Source, is_null, kind_of

_READ = ("nlu", "responses")
# What else Rasa keeps in files of the same kind, and what it keeps in others that may lie beside.
_PASSED_OVER = frozenset(
    (
        *("version", "stories", "rules", "e2e_actions", "flows", "config", "intents", "entities"),
        *("slots", "actions", "forms", "templates", "session_config", "nlg", "recipe", "language"),
        *("pipeline", "policies", "assistant_id", "action_endpoint", "tracker_store", "models"),
        *("event_broker", "lock_store", "store_entities_as_slots", "test_cases", "fixtures"),
        *("metadata", "responses_llm", "rest", "socketio", "regression_tests"),
    )
)
_BLOCK_KEYS = (*KINDS, "examples", "metadata")
_EXAMPLE_KEYS = ("text", "metadata")


def read_yaml(source: Source, target: Target) -> None:
    """Add one file's `nlu` and `responses`; the file's other keys are not ours."""
    root = source.root()
    if root is None or is_null(root):
        target.data.notice("empty files", source.name, "the file is empty")
        return
    if _is_foreign(root):
        found = "the file holds no training data: it has no `nlu:`"
        target.data.notice("files without training data", source.name, found)
        return
    keys = source.keys(root, "the file")
    _look_at_keys(source, keys, target)
    if "nlu" in keys:
        _read_nlu(source, *keys["nlu"], target)
    if "responses" in keys:
        node, line = keys["responses"]
        for name, variations in read_responses(source, node):
            target.add_responses(name, variations, line)
    target.data.has_flows |= "flows" in keys


def read_responses(source: Source, node: Node) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each response's name with its variations; a text alone is a variation, too."""
    if is_null(node):
        return
    for name, (value, _) in source.keys(node, "responses").items():
        parts = value.parts if isinstance(value, Sequence) else [value]
        yield name, [_variation(source, part, name) for part in parts if not is_null(part)]


def _is_foreign(root: Node) -> bool:
    """Whether a file is of another kind, rather than training data with a slip at its top."""
    if isinstance(root, Mapping):
        return False
    if isinstance(root, Scalar):
        return True
    first = root.parts[0] if root.parts else None
    names = (
        [k.value for k, _ in first.pairs() if isinstance(k, Scalar)]
        if isinstance(first, Mapping)
        else []
    )
    return not any(name in KINDS for name in names)


def _look_at_keys(source: Source, keys: dict[str, tuple[Node, int]], target: Target) -> None:
    unknown = [key for key in keys if key not in _PASSED_OVER and key not in _READ]
    for key in unknown:
        near = nearest(key, _READ)
        if near and near not in keys:
            expected = "one of " + ", ".join((*_READ, "version"))
            raise source.error(keys[key][1], f"unknown key {key[:60]!r}", expected, near)
    if unknown and "nlu" in keys:
        found = f"unknown key {unknown[0][:60]!r} is passed over"
        target.data.notice("unknown keys", target.at(keys[unknown[0]][1]), found)
    elif unknown and len(unknown) == len(keys):
        found = "the file holds no training data: it has no `nlu:`"
        target.data.notice("files without training data", source.name, found)


def _read_nlu(source: Source, node: Node, line: int, target: Target) -> None:
    if is_null(node) or (isinstance(node, Sequence) and not node.parts):
        target.data.notice("empty files", target.at(line), "`nlu:` is empty")
    for item in source.items(node, "nlu"):
        target.add(_block(source, item, target))


def _block(source: Source, node: Node, target: Target) -> Block:
    keys = source.mapping(node, "an item of nlu", _BLOCK_KEYS)
    kinds = [kind for kind in KINDS if kind in keys]
    if len(kinds) != 1:
        found = " and ".join(kinds) if kinds else "no kind of item"
        expected = "exactly one of " + ", ".join(KINDS)
        raise source.error(node.line, f"an item of nlu has {found}", expected)
    kind = kinds[0]
    name_node, line = keys[kind]
    name = source.text(name_node, kind).strip(BLANK)
    # `intent: null` may be an intent of that name; `intent:` and `intent: ~` have none.
    if not name or (name == "~" and is_null(name_node)):
        raise source.error(line, f"{kind} has no name", f"{kind}: NAME")
    metadata = source.plain(keys["metadata"][0]) if "metadata" in keys else None
    block = Block(kind, name, line, metadata=metadata)
    if "examples" in keys:
        _read_examples(source, keys["examples"][0], block, target)
    return block


def _read_examples(source: Source, node: Node, block: Block, target: Target) -> None:
    if is_null(node):
        return
    if isinstance(node, Sequence):
        block.lines = [line for item in node.parts for line in _list_item(source, item, block)]
    elif isinstance(node, Scalar):
        _read_block(node, block, target)
    else:
        raise source.error(node.line, "examples is a mapping", "a block of lines `- text`")


def _list_item(source: Source, node: Node, block: Block) -> Iterator[Line]:
    if isinstance(node, Scalar):
        text, metadata, line = node.value, None, _first_line(node)
    elif isinstance(node, Sequence):
        raise source.error(node.line, "an example is a list", _quoted(block))
    else:
        keys = source.keys(node, "an example")
        for key, (_, line) in keys.items():
            if key not in _EXAMPLE_KEYS:
                found = f"unknown key {key[:60]!r} in an example"
                expected = f"one of {', '.join(_EXAMPLE_KEYS)}; or {_quoted(block)}"
                raise source.error(line, found, expected, nearest(key, _EXAMPLE_KEYS))
        if "text" not in keys:
            raise source.error(node.line, "an example without text", "text: the message")
        text_node = keys["text"][0]
        text, line = source.text(text_node, "text"), text_node.line
        metadata = source.plain(keys["metadata"][0]) if "metadata" in keys else None
    if text.strip(BLANK):
        yield Line(text.strip(BLANK), line, metadata)


def _quoted(block: Block) -> str:
    return f"quotes around the text, or a block `examples: |`, in {block.kind} {block.name!r}"


def _read_block(node: Scalar, block: Block, target: Target) -> None:
    """The lines of a block `|`: what follows the first dash of each."""
    literal = node.style == "|"
    first = _first_line(node)
    if node.style == ">":
        found = f"`>` joins lines; write `examples: |` ({block.kind} {block.name!r})"
        target.data.notice("blocks that join lines", target.at(node.line), found)
    for offset, raw in enumerate(node.value.split("\n")):
        number = first + (offset if literal else 0)
        # Spaces before the dash mean a deeper line, which Rasa skips; what nobody sees does not.
        line = raw.lstrip("\u00a0\u200b\ufeff\t")
        if line.startswith("-"):
            text = line[1:].strip(BLANK)
            if text:
                block.lines.append(Line(text, number))
        elif line.strip(BLANK):
            _undashed(line.strip(BLANK), number, block, target)


def _undashed(text: str, number: int, block: Block, target: Target) -> None:
    if block.kind == "lookup" and block.path is None and looks_like_path(text):
        block.path = Line(text, number)
        return
    found = f"skipped {text[:40]!r}: no `- ` before it"
    target.data.notice("lines without `- `", target.at(number), found)


def _first_line(node: Scalar) -> int:
    """Where a scalar's text begins: a block's stands below its sign."""
    return node.line + (1 if node.style in ("|", ">") else 0)


def _variation(source: Source, node: Node, name: str) -> dict[str, Any]:
    if isinstance(node, Scalar):
        return {"text": node.value}
    if not isinstance(node, Mapping):
        found = f"a variation of {name!r} is {kind_of(node)}"
        raise source.error(node.line, found, "`- text: ...`")
    variation: dict[str, Any] = source.plain(node, typed=True)
    for key, value in node.pairs():
        if isinstance(key, Scalar) and key.value == "text" and isinstance(value, Scalar):
            variation["text"] = value.value
    return variation
