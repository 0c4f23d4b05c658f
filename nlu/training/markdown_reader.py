"""Reads Rasa's Markdown (1.x): `## intent:greet` with bullets, and responses of retrieval intents."""

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from nlu.training.blocks import BLANK, KINDS, Block, Line, Target, looks_like_path
from nlu.training.yaml_nodes import Source
from nlu.training.yaml_reader import read_yaml

_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]*(?P<title>\S.*)")
_KIND = re.compile(rf"(?P<kind>{'|'.join(KINDS)})[ \t]*:(?P<name>.*)", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,6}[.)](?=\s))(?P<text>.*)")
_RETRIEVAL = re.compile(r"\*[ \t]*(?P<label>[^\s:{/\"]{1,200}/[^\s:{\"]{1,200})[ \t]*")
_ANSWER = re.compile(r"[ \t]+[-*+][ \t]*(?P<text>\S.*)")
_NO_ANSWERS = ("utter_", "respond_", "action_", "slot{", "form{", "reset_slots")


class Content(Enum):
    """What a Markdown file of a Rasa project may hold."""

    NLU = "nlu"
    RESPONSES = "responses"
    YAML = "yaml"
    OTHER = "other"


def read_markdown(path: Path, text: str, target: Target) -> None:
    """Add one file's content; stories and mere prose add nothing."""
    lines = _without_comments(text).split("\n")
    content = _content(lines)
    if content is Content.YAML:
        read_yaml(Source(path, target.file), target)
    elif content is Content.RESPONSES:
        _read_responses(lines, target)
    elif content is Content.NLU:
        for block in _blocks(lines, target):
            target.add(block)


def _content(lines: list[str]) -> Content:
    titles = (match["title"] for match in map(_HEADING.match, lines) if match)
    if any(map(_KIND.match, titles)):
        return Content.NLU
    if any(line.startswith(("nlu:", "responses:")) for line in lines):
        return Content.YAML
    # A story has turns of other kinds; a file of responses has nothing but them.
    turns = [line.rstrip() for line in lines if line.startswith("*")]
    if turns and all(map(_RETRIEVAL.fullmatch, turns)) and any(_answers(lines)):
        return Content.RESPONSES
    return Content.OTHER


def _without_comments(text: str) -> str:
    """The text with `<!-- ... -->` taken out, each line still on its line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        kept += (text[position:start], "\n" * text.count("\n", start, end))
        position = end + 3
    return "".join(kept) + text[position:]


def _blocks(lines: list[str], target: Target) -> Iterator[Block]:
    block: Block | None = None
    for number, line in enumerate(lines, start=1):
        heading = _HEADING.match(line)
        if heading:
            if block:
                yield block
            block = _heading(heading["title"], number, target)
        elif block and line.strip(BLANK):
            _read_line(line, number, block, target)
    if block:
        yield block


def _heading(title: str, number: int, target: Target) -> Block | None:
    match = _KIND.match(title)
    if not match:
        return None
    kind, name = match["kind"].lower(), match["name"].strip(BLANK).rstrip("#").strip(BLANK)
    if not name:
        raise target.error(number, f"{kind} has no name", f"## {kind}:NAME")
    return Block(kind, name, number)


def _read_line(line: str, number: int, block: Block, target: Target) -> None:
    bullet = _BULLET.match(line)
    if bullet:
        text = bullet["text"].strip(BLANK)
        if text.strip("-*_ "):
            block.lines.append(Line(text, number))
        return
    text = line.strip(BLANK)
    if block.kind == "lookup" and block.path is None and looks_like_path(text):
        block.path = Line(text, number)
        return
    found = f"skipped {text[:40]!r}: no `- ` before it"
    target.data.notice("lines without `- `", target.at(number), found)


def _read_responses(lines: list[str], target: Target) -> None:
    for label, text, number in _answers(lines):
        name = f"utter_{label}"
        known = target.data.responses.setdefault(name, [])
        if {"text": text} in known:
            found = f"response {name!r} is given more than once"
            target.data.notice("responses given more than once", target.at(number), found)
        else:
            known.append({"text": text})


def _answers(lines: list[str]) -> Iterator[tuple[str, str, int]]:
    """Label, text and line of what stands below `* faq/hours`; what a story does there is none."""
    label = None
    for number, line in enumerate(lines, start=1):
        retrieval = _RETRIEVAL.fullmatch(line.rstrip())
        answer = _ANSWER.match(line)
        if retrieval:
            label = retrieval["label"]
        elif label and answer and not answer["text"].startswith(_NO_ANSWERS):
            yield label, answer["text"].strip(BLANK), number
        elif line.strip():
            label = None
