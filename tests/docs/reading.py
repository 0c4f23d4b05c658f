"""The docs as data: fenced examples, links, headings, commands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced example: the word behind the fence, its text, and where it stands."""

    kind: str
    text: str
    place: str


def text_of(*names: str) -> str:
    """The pages of these names, one behind the other; all of them where no name is given."""
    pages = [ROOT / name for name in names] or PAGES
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def shown(page: Path) -> str:
    """The page's name from the root."""
    return page.relative_to(ROOT).as_posix()


def blocks() -> Iterator[Block]:
    """Every fenced example."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Block(match.group(2).strip(), match.group(3), f"{shown(page)}:{line}")


def links(page: Path) -> Iterator[str]:
    """The page's links to places in this repository."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    for target in _LINK.findall(text):
        if "://" not in target:
            yield target


def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return frozenset(_anchor(heading) for heading in _HEADING.findall(text))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def codes(text: str) -> frozenset[str]:
    """All that stands between single backticks, word by word."""
    spans = _CODE.findall(_FENCE.sub("", text))
    return frozenset(word for span in spans for word in [span, *re.split(r"[\s,]+", span)])
