"""Every finding of the checker: its code, how grave it is, and what it means in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. An error refuses the start; a warning may be meant."""

    name: str
    severity: Severity
    meaning: str


_ALL = (
    # names
    Code("duplicate-flow", "error", "Two files have a flow of the same name."),
    Code("unknown-condition", "error", "A condition that no Python function and no built-in has."),
    Code("unknown-action", "error", "An action that the action server does not know."),
    Code("unknown-processor", "error", "A processor that is not in actions/processors."),
    Code("unknown-task", "error", "A task that is not in actions/tasks."),
    Code("unknown-response", "error", "A response that domain.yml does not have."),
    Code("unknown-intent", "error", "An intent that domain.yml does not list."),
    Code("unknown-entity", "error", "An entity that domain.yml does not list."),
    Code("unknown-flow", "error", "A flow that there is no file of."),
    Code("unknown-api", "error", "An API that flows/apis does not declare."),
    Code("unknown-parameter", "error", "A value that the API's templates do not take."),
    Code("missing-parameter", "warning", "A value that the API's templates take is not given."),
    Code("unknown-result", "error", "A name that the API's response mapping does not give."),
    Code("unknown-return", "warning", "A slot that the other flow never sets."),
    Code("unknown-global", "warning", "A value that flows/_globals.json does not have."),
    Code("unknown-slot", "error", "A slot that nothing sets and nobody declares."),
    Code("unknown-time-zone", "error", "A time zone that this machine does not know."),
    Code("unknown-language", "warning", "A language code that no language has."),
    Code("missing-language", "warning", "A text lacks a language that the flow speaks elsewhere."),
    # ways
    Code("unreachable-state", "warning", "A state that no way leads to."),
    Code("never-used", "warning", "A condition or an enter that no way runs."),
    Code("never-run", "warning", "Steps that always come too late: the session is elsewhere."),
    Code("dead-end", "warning", "A state that asks or waits for more, but nothing leads on."),
    Code("undecided", "warning", "A state that decides at once, and may decide nothing."),
    Code("no-way-out", "warning", "A circle of states from which no way leads to an end."),
    # conditions
    Code("shadowed", "warning", "A way that is never taken: one before it always holds."),
    Code("overlapping", "warning", "Two ways to different states take the same message."),
    Code("never-holds", "warning", "A condition that nothing can satisfy."),
    # questions
    Code("unanswered-choice", "warning", "An answer that a question takes and no way on does."),
    Code("ambiguous-choice", "warning", "A choice that another one, or an exit word, takes away."),
    # loops and waits
    Code("endless-loop", "error", "A circle of states that never waits for the contact."),
    Code("start-loop", "error", "Flows that start each other before anybody is heard."),
    Code("silent-loop", "warning", "Timeouts or waits that write to a silent contact for ever."),
    Code("recursive-flow", "warning", "A flow waits for its own return."),
    Code("never-returns", "warning", "A flow waits for another one that comes to no end."),
    Code("waits-for-ever", "warning", "A state that keeps a session for half a year or more."),
    # slots
    Code("unset-slot", "warning", "A slot is used on a way on which nothing has set it."),
    Code("broken-invariant", "warning", "What the flow does breaks what it says always holds."),
    # messages
    Code("message-too-long", "error", "A text that a channel refuses for its length."),
    Code("many-segments", "warning", "A text message of many parts, each of which is billed."),
    Code("too-many-buttons", "warning", "More choices than a channel shows as buttons or rows."),
    Code("title-too-long", "warning", "A button's or a row's words are longer than a channel shows."),
    # triggers and consent
    Code("trigger-taken", "warning", "A trigger that another flow takes first."),
    Code("trigger-refused", "error", "The same in a flow of steps, which must be told apart."),
    Code("stop-word", "error", "An opt-out word is expected as an answer: it ends all instead."),
    Code("help-word", "warning", "HELP or INFO is expected as an answer: help is given instead."),
    Code("opt-out-intent", "warning", "A condition on opting out, which is answered before flows."),
)  # fmt: skip

CODES: Mapping[str, Code] = {code.name: code for code in _ALL}
"""All of them by name, in the order in which they are documented."""
