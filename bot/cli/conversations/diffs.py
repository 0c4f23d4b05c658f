"""A failure as a person reads it: the conversation so far, what was expected, what came, and where."""

import difflib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from bot.cli.conversations.expecting import Mismatch
from bot.cli.conversations.playing import Failure, Line, Outcome

LINES_SHOWN = 12
"""Of the conversation so far."""
STYLES = {"you": "bold cyan", "bot": "bold green", "mail": "bold magenta", "note": "dim"}


def show_failures(console: Console, outcome: Outcome) -> None:
    """All failures of a conversation, with what was said before the first of them."""
    conversation = outcome.conversation
    console.print(
        Text.assemble(
            ("FAILED ", "bold red"), f"{conversation.file}:{conversation.line} {conversation.name}"
        )
    )
    lines = outcome.failures[0].lines
    if len(lines) > LINES_SHOWN:
        console.print(Text(f"    ... {len(lines) - LINES_SHOWN} lines before", style="dim"))
    for line in lines[-LINES_SHOWN:]:
        show_line(console, line, "    ")
    for failure in outcome.failures:
        for text in explained(failure.mismatch, conversation.file):
            console.print(text, soft_wrap=True)
    console.print()


def show_line(console: Console, line: Line, indent: str = "") -> None:
    """One line of a conversation; of more than one line those behind stand below the first."""
    first, *rest = line.text.split("\n")
    style = STYLES.get(line.who, "")
    if line.who == "note":
        console.print(Text(f"{indent}({first})", style=style), soft_wrap=True)
        return
    console.print(Text.assemble(indent, (line.who, style), f" {first}"), soft_wrap=True)
    for more in rest:
        console.print(Text(f"{indent}    {more}"), soft_wrap=True)


def explained(mismatch: Mismatch, file: str) -> Iterator[Text]:
    """Place, reason, and the difference between what was expected and what came."""
    step = mismatch.step
    reason = f": {mismatch.reason}" if mismatch.reason else ""
    yield Text.assemble("  ", (f"{file}:{step.line}", "bold"), f" {step.kind}{reason}")
    expected, got = mismatch.expected.split("\n"), mismatch.got.split("\n")
    for n, line in enumerate(_compared(expected, got)):
        label = "    expected " if n == 0 else "             "
        yield Text.assemble((label, "dim"), line)
    for n, line in enumerate(_compared(got, expected, "green")):
        label = "    came     " if n == 0 else "             "
        yield Text.assemble((label, "dim"), line)


def _compared(lines: Sequence[str], others: Sequence[str], colour: str = "red") -> Iterator[Text]:
    """Lines with what is not in the others marked."""
    for n, line in enumerate(lines):
        other = others[n] if n < len(others) else ""
        text = Text(line)
        matcher = difflib.SequenceMatcher(None, line, other, autojunk=False)
        for tag, start, end, _, _ in matcher.get_opcodes():
            if tag != "equal":
                text.stylize(f"bold {colour}", start, end)
        yield text


def plain(failures: Sequence[Failure], file: str) -> str:
    """All failures of a conversation as text, for reports; there is one at least."""
    said = [f"{line.who} {line.text}" for line in failures[0].lines[-LINES_SHOWN:]]
    why = [text.plain for it in failures for text in explained(it.mismatch, file)]
    return "\n".join((*said, *why))
