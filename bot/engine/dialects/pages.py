"""The pages dialect: `{"pages": [{"title": ..., "pageType": ..., "next_page": ...}]}`.

Every page becomes the top-level state of its title. A page that asks becomes a question, a page that
works or only speaks a state that is passed through. What a page says or does on entering stands at every
way to it, because a link runs its own steps; what a question asks is asked whichever way leads there.
"""

from collections.abc import Mapping
from typing import Any

from bot.engine.dialects.native import DOCUMENT_KEYS, Json, Native, joined, meaning
from bot.engine.dialects.pages_reader import API, PAGE_TYPES, WORKING, Choice, Page, read_pages
from bot.engine.dialects.translation import Translation
from bot.engine.reading import Reading, read_texts
from bot.engine.wording import Text

BACK_WORDS = ("back",)
"""What the contact writes to see the previous page, where the document does not say."""
OPTION_SLOT = "page_option"
"""Keeps the option that was chosen last, on pages without a `fieldName`."""


def translate(document: Mapping[str, Any], name: str) -> Translation:
    """The native form of a document with pages."""
    r = Reading(name)
    r.known_keys(document, (*DOCUMENT_KEYS, "pages", "back_words"), "")
    words = _back_words(r, document)
    pages = read_pages(r, document["pages"], document.get("slots"))
    native = Native(document)
    if not any(finding.severity == "error" for finding in r.findings):
        book = _Book(pages, words, "otherwise" in document)
        for page in sorted(pages, key=lambda page: not page.initial):
            state, parts = book.state(page)
            native.add(state, parts)
    return native.translation(r)


def _back_words(r: Reading, document: Mapping[str, Any]) -> tuple[str, ...]:
    if "back_words" not in document:
        return BACK_WORDS
    words = read_texts(r, document["back_words"], "/back_words", least=1)
    return tuple(word.strip().casefold() for word in words)


class _Book:
    """All pages, as one needs to know of the others."""

    def __init__(self, pages: tuple[Page, ...], back_words: tuple[str, ...], answers: bool) -> None:
        self._before = _before(pages)
        # As phones write them: with the mark at the end of a sentence.
        self._back_words = [f"{word}{mark}" for word in back_words for mark in ("", ".", "!")]
        self._answers = answers
        self._enters = {page.title: _enter(page) for page in pages}
        self._entered = _entered(pages)

    def state(self, page: Page) -> tuple[Json, dict[str, str]]:
        """The state of a page, and where its parts come from."""
        state: Json = {"name": page.title}
        origins = {"": page.place, "/name": f"{page.place}/title"}
        enter, parts = self._enters[page.title]
        if enter and page.title in self._entered:
            state["enter"] = enter
            origins |= {f"/enter{part}": place for part, place in parts.items()}
        if page.type in ("collect", "options"):
            state |= self._question(page)
            origins |= _question_parts(page)
        if page.type not in ("collect", "options", "text"):
            state["pass"] = True
        ways = [way for way in self._ways(page) if way]
        if ways:
            state["states"] = [way for way, _ in ways]
        for i, (_, parts) in enumerate(ways):
            origins |= {f"/states/{i}{part}": place for part, place in parts.items()}
        return state, origins

    def _question(self, page: Page) -> Json:
        collect: Json = {"slot": page.slot or OPTION_SLOT, "type": page.slot_type}
        if page.type == "options":
            collect |= _options(page)
        if _asked(page):
            collect["ask"] = page.text
        elif not self._answers:
            collect["error"] = _shown(page)
        return {"collect": collect}

    def _ways(self, page: Page) -> list[tuple[Json, dict[str, str]]]:
        ways = []
        if page.prev and page.waits:
            wrote = {"text": True, "op": "in", "value": self._back_words}
            back, parts = self._way(
                self._before.get(page.prev, page.prev), wrote, f"{page.place}/prev"
            )
            ways.append(({**back, "before_answer": True}, parts))
        if page.type == "options":
            ways += [
                self._way(choice.next_page or page.next_page, condition, choice.place)
                for choice, condition in zip(page.choices, _chosen(page), strict=True)
            ]
        elif page.next_page:
            ways.append(self._way(page.next_page, "always", f"{page.place}/next_page"))
        return ways

    def _way(self, title: str, condition: Any, place: str) -> tuple[Json, dict[str, str]]:
        """A link; its steps are those of the page that it leads to."""
        enter, parts = self._enters[title]
        link = {"name": f"@{title}", "condition": condition}
        if enter:
            link["enter"] = enter
        origins = {f"/enter{part}": origin for part, origin in parts.items()}
        return link, {"": place, **origins}


def _before(pages: tuple[Page, ...]) -> dict[str, str]:
    """What is shown instead of a page that only works: what has been done is not done again."""
    prev = {page.title: page.prev for page in pages if page.type in WORKING and page.prev}
    before: dict[str, str] = {}
    for title in prev:
        trail: dict[str, None] = {}
        while title in prev and title not in before and title not in trail:
            trail[title] = None
            title = prev[title]
        before |= dict.fromkeys(trail, before.get(title, title))
    return before


def _entered(pages: tuple[Page, ...]) -> set[str]:
    """Titles of pages that are also entered without a link: at the start, by a task or a failure."""
    if any(page.task and not page.task.startswith(API) for page in pages):
        return {page.title for page in pages}
    led_to = {page.error_page for page in pages}
    return led_to | {next((page for page in pages if page.initial), pages[0]).title}


def _enter(page: Page) -> tuple[list[Json], dict[str, str]]:
    """What is done and said on entering a page, and where that comes from."""
    said = [{"say": _shown(page)}] if page.text and not _asked(page) else []
    text_place = _text_place(page)
    if not page.task:
        return list(said), {f"/{i}": text_place for i in range(len(said))}
    task = f"{page.place}/task"
    if page.task.startswith(API):
        # Said whether or not the call comes to something; `call_error` tells.
        failed: Json = {"enter": list(said)}
        if page.error_page:
            failed["goto"] = page.error_page
        call = {"call": page.task[len(API) :].strip(), "error": failed}
        parts = {"/0": task, "/0/error/goto": f"{page.place}/error_page"}
        parts["/0/error/enter"] = parts["/1"] = text_place
        return [call, *said], parts
    step = {"task": page.task, "with": {"page": dict(page.written or {})}}
    return [step, *said], {"/0": task, "/1": text_place}


def _chosen(page: Page) -> list[Any]:
    """A condition for each choice. An accepted answer is one of them: what is left is the last."""
    slot = page.slot or OPTION_SLOT
    return [*({"slot": slot, "value": c.value} for c in page.choices[:-1]), "always"]


def _asked(page: Page) -> bool:
    """Whether the native question may show it: not where the screen counts its own way."""
    return page.type == "collect" or (page.type == "options" and not _numbered(page))


def _numbered(page: Page) -> bool:
    """Whether the numbers on the screen are its own: they do not count up from 1."""
    return [choice.number for choice in page.choices] != [*range(1, len(page.choices) + 1)]


def _shown(page: Page) -> Text:
    """The page's words, with its options where their numbers are its own."""
    if page.type != "options" or not _numbered(page):
        return page.text
    return joined(page.text, *(_line(choice) for choice in page.choices))


def _line(choice: Choice) -> Text:
    if isinstance(choice.label, str):
        return f"{choice.number}. {choice.label}"
    return {code: f"{choice.number}. {words}" for code, words in choice.label.items()}


def _options(page: Page) -> Json:
    """The choices of a page; each is meant by its number on the screen, its label or its place."""
    return {
        "type": "choice",
        "choices": [
            {"label": c.label, "value": c.value, "words": [str(c.number), f"{c.number}."]}
            | meaning(c.label)
            for c in page.choices
        ],
    }


def _question_parts(page: Page) -> dict[str, str]:
    place = f"{page.place}/fieldName" if page.slot else page.place
    parts = {
        "/collect": page.place,
        "/collect/slot": place,
    }
    parts |= {"/collect/ask": _text_place(page), "/collect/error": _text_place(page)}
    for i, choice in enumerate(page.choices):
        parts[f"/collect/choices/{i}"] = choice.place.removesuffix("/next_page")
    return parts


def _text_place(page: Page) -> str:
    written = page.written or {}
    key = next((key for key in ("message", "content") if key in written), "")
    return f"{page.place}/{key}" if key else page.place


__all__ = ["BACK_WORDS", "OPTION_SLOT", "PAGE_TYPES", "translate"]
