"""Texts that a flow's author wrote: one for all, or one for each language."""

import re
from collections.abc import Iterator, Mapping

Text = str | Mapping[str, str]
"""A template, or templates by language code: {"en": "Hello", "pt-BR": "Oi"}."""

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""BCP 47, as far as anybody writes it for a contact."""


def in_language(text: Text, *wanted: str | None) -> str:
    """The words in the first wanted language that there are any in, else the first ones given.

    A region falls back to its language, and a language to one of its regions: `pt-BR` is served by
    `pt`, and `pt` by `pt-BR`.
    """
    if isinstance(text, str):
        return text
    for language in wanted:
        if language:
            found = _closest(text, language)
            if found is not None:
                return found
    return next(iter(text.values()), "")


def versions(text: Text) -> Iterator[tuple[str, str]]:
    """Every wording, with what its place has behind it: nothing, or `/es`."""
    if isinstance(text, str):
        yield "", text
    else:
        yield from ((f"/{language}", words) for language, words in text.items())


def _closest(text: Mapping[str, str], language: str) -> str | None:
    if language in text:
        return text[language]
    main = language.partition("-")[0].lower()
    if main in text:
        return text[main]
    return next((words for code, words in text.items() if code.partition("-")[0] == main), None)
