"""Pages of a page-based package, from JSON: what each one says, asks and does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_args

from bot.engine.dialects.native import Cures, circle_shown, circles, joined
from bot.engine.findings import nearest
from bot.engine.flow import SlotType
from bot.engine.reading import MOST_FINDINGS, Reading, read_words, shown
from bot.engine.templates import snake
from bot.engine.wording import Text, versions

PAGE_TYPES = ("collect", "continuation", "text", "options", "apiCall", "computation")
WAITING = ("collect", "text", "options")
"""Types of pages that wait for the contact; the others lead on at once."""
WORKING = ("apiCall", "computation")
"""Types of pages that are there for their task."""
PAGE_KEYS = (
    "$comment", "title", "pageType", "message", "content", "fieldName", "task", "isToPerfomTask",
    "isInitialScreen", "prev", "next_page", "options", "error_page",
)  # fmt: skip
OPTION_KEYS = ("$comment", "numberOnScreen", "label", "next_page")
API = "api:"
"""Begins a task that is a declared HTTP call."""
LARGEST_NUMBER = 999
_OF_TYPE = {
    "options": ("options",),
    "fieldName": ("collect", "options"),
    "error_page": ("apiCall",),
}
"""Keys that say something on pages of these types only."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose from, and the page it leads to."""

    number: int
    label: Text
    next_page: str
    place: str

    @property
    def value(self) -> str:
        """What is kept of it: its label in the first language."""
        return next(words for _, words in versions(self.label))


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `text` is its message with its content, `slot` where its answer goes."""

    title: str
    type: str
    place: str
    text: Text = ""
    slot: str = ""
    slot_type: str = "text"
    task: str = ""
    initial: bool = False
    prev: str = ""
    next_page: str = ""
    error_page: str = ""
    choices: tuple[Choice, ...] = ()
    written: Mapping[str, Any] | None = None

    @property
    def waits(self) -> bool:
        return self.type in WAITING and not self.ends

    @property
    def ends(self) -> bool:
        """Whether the session is over once it is shown."""
        return self.type == "text" and not self.next_page

    @property
    def ways(self) -> Mapping[str, str]:
        """The pages it names, by where it does."""
        named = {key: getattr(self, key) for key in ("prev", "next_page", "error_page")}
        ways = {f"{self.place}/{key}": title for key, title in named.items() if title}
        return ways | {c.place: c.next_page for c in self.choices if c.next_page}


def read_pages(r: Reading, nodes: Any, slots: Any) -> tuple[Page, ...]:
    """The pages in order; what is wrong in them are findings."""
    if not isinstance(nodes, list) or not nodes:
        r.error("no-pages", "/pages", f"expected a list of at least one page, found {shown(nodes)}")
        return ()
    declared = slots if isinstance(slots, dict) else {}
    read = [_page(r, node, f"/pages/{i}", declared) for i, node in enumerate(nodes)]
    pages = tuple(page for page in read if page)
    _check_titles(r, pages)
    _check_initial(r, pages)
    if len(pages) == len(nodes):
        _check_ways(r, pages)
        _check_circles(r, pages)
    return pages


def _page(r: Reading, node: Any, place: str, slots: Mapping[str, Any]) -> Page | None:
    if not r.typed(node, dict, place, 'a page like {"title": "Start", "pageType": "text", ...}'):
        return None
    r.known_keys(node, PAGE_KEYS, place)
    node = _without_empty(node)
    title, kind = _title(r, node, place), _type(r, node, place)
    if not title or not kind:
        return None
    for key, types in _OF_TYPE.items():
        if key in node and kind not in types:
            r.error("unused-key", f"{place}/{key}", f"a page of type {kind!r} has no {key!r}",
                    f"it belongs to {' and '.join(types)}")  # fmt: skip
    slot, slot_type = _slot(r, node, kind, place, slots)
    page = Page(
        title=title,
        type=kind,
        place=place,
        text=_text(r, node, kind, place),
        slot=slot,
        slot_type=slot_type,
        task=_task(r, node, kind, place),
        initial=_flag(r, node, "isInitialScreen", False, place),
        prev=_named(r, node, "prev", place),
        next_page=_named(r, node, "next_page", place),
        error_page=_named(r, node, "error_page", place),
        choices=_choices(r, node, place) if kind == "options" else (),
        written={key: value for key, value in node.items() if key != "$comment"},
    )
    if not page.next_page and kind not in ("text", "options"):
        r.error("no-next-page", place, f"a page of type {kind!r} needs a 'next_page'",
                "a page of type 'text' without one is an end")  # fmt: skip
    return page


def _without_empty(node: Mapping[str, Any]) -> dict[str, Any]:
    """Programs that write pages give every key, with nothing in those that are not used."""
    return {key: value for key, value in node.items() if value not in (None, "", [])}


def _title(r: Reading, node: Mapping[str, Any], place: str) -> str:
    title = node.get("title")
    if "title" not in node:
        r.error("no-title", place, "a page needs a 'title'", "others lead to it by that")
        return ""
    if not r.text(title, f"{place}/title", "a page's title"):
        return ""
    if str(title).startswith("@"):
        r.error("wrong-title", f"{place}/title", "a title does not begin with '@'")
        return ""
    return str(title)


def _type(r: Reading, node: Mapping[str, Any], place: str) -> str:
    kind = node.get("pageType")
    if isinstance(kind, str) and kind in PAGE_TYPES:
        return kind
    where = f"{place}/pageType" if "pageType" in node else place
    reason = f"unknown type {shown(kind)}" if "pageType" in node else "a page needs a 'pageType'"
    r.error("unknown-page-type", where, reason, nearest(str(kind or ""), PAGE_TYPES))
    return ""


def _text(r: Reading, node: Mapping[str, Any], kind: str, place: str) -> Text:
    given = [
        read_words(r, node[key], f"{place}/{key}") for key in ("message", "content") if key in node
    ]
    if not given and kind not in WORKING:
        r.error("empty-text", place, f"a page of type {kind!r} needs a 'message' or a 'content'")
    text = joined(*given)
    if given and all(given) and not any(words.strip() for _, words in versions(text)):
        r.error("empty-text", place, "a message without a word")
    return text


def _slot(
    r: Reading, node: Mapping[str, Any], kind: str, place: str, slots: Mapping[str, Any]
) -> tuple[str, str]:
    """Where the answer goes, and what counts as one."""
    if "fieldName" not in node:
        if kind == "collect":
            r.error("no-field", place, "a page of type 'collect' needs a 'fieldName'")
        return "", "text"
    place = f"{place}/fieldName"
    field = node["fieldName"]
    if not r.text(field, place, "a field's name"):
        return "", "text"
    # `{firstName}` and `{first_name}` are the same name.
    name = field if field in slots else snake(field)
    declared = slots.get(name)
    wanted = declared.get("type", "any") if isinstance(declared, dict) else "any"
    if wanted in ("any", "text"):
        return name, "text"
    fits = ("choice",) if kind == "options" else set(get_args(SlotType)) - {"choice"}
    if not isinstance(wanted, str) or wanted not in fits:
        r.error("wrong-field", place, f"a page of type {kind!r} does not fill a slot of type"
                f" {shown(wanted)}", f"fitting types: text, {', '.join(sorted(fits))}")  # fmt: skip
    return name, str(wanted)


def _task(r: Reading, node: Mapping[str, Any], kind: str, place: str) -> str:
    """The task that is to be performed, if any."""
    wanted = _flag(r, node, "isToPerfomTask", True, place)
    if "task" not in node:
        if kind in WORKING and wanted:
            r.error("no-task", place, f"a page of type {kind!r} needs a 'task'")
        elif node.get("isToPerfomTask") is True:
            r.error("no-task", f"{place}/isToPerfomTask", "there is no 'task' to perform")
        return ""
    task, at = node["task"], f"{place}/task"
    if not r.text(task, at, "a task's name"):
        return ""
    if task.startswith(API) and (kind != "apiCall" or not task[len(API) :].strip()):
        r.error("wrong-task", at, f"{shown(task)} is no task of a page of type {kind!r}",
                "'api:NAME' is the task of a page of type 'apiCall'")  # fmt: skip
    return str(task) if wanted else ""


def _flag(r: Reading, node: Mapping[str, Any], key: str, default: bool, place: str) -> bool:
    value = node.get(key, default)
    return bool(r.typed(value, bool, f"{place}/{key}", "true or false") and value)


def _named(r: Reading, node: Mapping[str, Any], key: str, place: str) -> str:
    if key not in node or not r.text(node[key], f"{place}/{key}", "a page's title"):
        return ""
    return str(node[key])


# Options


def _choices(r: Reading, page: Mapping[str, Any], place: str) -> tuple[Choice, ...]:
    """The options as the screen shows them: by their numbers."""
    nodes = page.get("options", [])
    if not r.typed(nodes, list, f"{place}/options", "a list of options"):
        return ()
    if not nodes:
        r.error("no-options", place, "a page of type 'options' needs 'options'")
    read = [_choice(r, page, n, f"{place}/options/{i}") for i, n in enumerate(nodes)]
    choices = [choice for choice in read if choice]
    _told_apart(r, choices)
    return tuple(sorted(choices, key=lambda choice: choice.number))


def _choice(r: Reading, page: Mapping[str, Any], node: Any, place: str) -> Choice | None:
    if not r.typed(node, dict, place, 'an option like {"numberOnScreen": 1, "label": "Yes", ...}'):
        return None
    r.known_keys(node, OPTION_KEYS, place)
    number = _number(r, node, place)
    label = node.get("label")
    if not label:
        r.error("no-label", place, "an option needs a 'label'")
        return None
    words = read_words(r, label, f"{place}/label")
    if not words or number is None:
        return None
    if not any(text.strip() for _, text in versions(words)):
        r.error("empty-text", f"{place}/label", "a label without a word")
        return None
    leads_to = _named(r, _without_empty(node), "next_page", place)
    if not leads_to and not page.get("next_page"):
        r.error("no-next-page", place, "an option needs a 'next_page'",
                "or the page has one for all options without their own")  # fmt: skip
    return Choice(number, words, leads_to, f"{place}/next_page" if leads_to else place)


def _number(r: Reading, node: Mapping[str, Any], place: str) -> int | None:
    """The number on the screen, which some programs write as a text."""
    number = node.get("numberOnScreen")
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 4:
        number = int(number)
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST_NUMBER:
        return number
    where = f"{place}/numberOnScreen" if "numberOnScreen" in node else place
    r.error("wrong-number", where, f"expected a number from 0 to {LARGEST_NUMBER} as"
            f" 'numberOnScreen', found {shown(number)}")  # fmt: skip
    return None


def _told_apart(r: Reading, choices: Iterable[Choice]) -> None:
    numbers: dict[int, str] = {}
    labels: dict[str, str] = {}
    choices = list(choices)
    for choice in choices:
        place = choice.place.removesuffix("/next_page")
        if choice.number in numbers:
            r.error("duplicate-option", f"{place}/numberOnScreen",
                    f"the number {choice.number} is that of {numbers[choice.number]}",
                    "every option of a page has a number of its own")  # fmt: skip
        numbers.setdefault(choice.number, place)
        for _, label in versions(choice.label):
            known = label.strip().casefold()
            if labels.setdefault(known, place) != place:
                r.error("duplicate-option", f"{place}/label",
                        f"the label {label!r} is that of {labels[known]}",
                        "every option of a page has a label of its own")  # fmt: skip
    for label, place in labels.items():
        number = int(label) if label.isascii() and label.isdecimal() and len(label) < 4 else -1
        if numbers.get(number, place) != place:
            r.error("duplicate-option", f"{place}/label",
                    f"the label {label!r} is the number of {numbers[number]}")  # fmt: skip


# All pages together


def _check_titles(r: Reading, pages: Iterable[Page]) -> None:
    first: dict[str, str] = {}
    for page in pages:
        if page.title in first:
            r.error("duplicate-name", f"{page.place}/title",
                    f"the title {page.title!r} is that of {first[page.title]}",
                    "pages are referred to by their titles")  # fmt: skip
        first.setdefault(page.title, page.place)


def _check_initial(r: Reading, pages: Iterable[Page]) -> None:
    initial = [page for page in pages if page.initial]
    for page in initial[1:]:
        r.error("two-initial-pages", f"{page.place}/isInitialScreen",
                f"{initial[0].title!r} is the initial screen already")  # fmt: skip


def _check_ways(r: Reading, pages: Iterable[Page]) -> None:
    titles = {page.title for page in pages}
    cures = Cures(titles)
    for page in pages:
        for place, title in page.ways.items():
            if title not in titles:
                r.error("unknown-page", place, f"there is no page {title!r}", cures.of(title))


def _check_circles(r: Reading, pages: Iterable[Page]) -> None:
    """Refuses pages that lead to each other without ever waiting for the contact."""
    working = {page.title: page for page in pages if page.type not in WAITING}
    ways = {t: [w for w in (p.next_page, p.error_page) if w] for t, p in working.items()}
    for circle in islice(circles(ways), MOST_FINDINGS):
        reason = f"these pages never wait for the contact: {circle_shown(circle)}"
        r.error("endless-pages", working[circle[-2]].place, reason,
                "let one of them be of type 'text' or 'collect'")  # fmt: skip
