"""What a waiting state asked: the intents that can answer it."""

import re
from collections.abc import Iterator

from bot.engine.conditions import All, AnyOf, Compare, Computed, Condition, Named
from bot.engine.flow import Flow, State
from bot.engine.routing import conditions_ahead

_YES_NO = frozenset({"affirm", "deny"})
_INTENTS_OF = {
    "is_user_reply_yes": _YES_NO,
    "is_user_reply_no": _YES_NO,
    "user_reply_name": frozenset({"inform_name"}),
    "user_wants_coupon": frozenset({"request_coupon"}),
    "user_wants_human": frozenset({"human"}),
    "user_asks_help": frozenset({"help"}),
}
_COMPARED = re.compile(r"\bintent\s*==\s*['\"]([^'\"]+)['\"]")
"""An intent in an expression."""
_INTENTS_OF_TYPE = {"yes_no": _YES_NO, "name": frozenset({"inform_name"})}


def intents_asked(flow: Flow, state: str) -> frozenset[str]:
    """The intents by which a message can answer the state: of its conditions and its question.

    Who may say yes may also say no, so that the one always brings the other with it.
    """
    found: set[str] = set()
    for condition in conditions_ahead(flow, state):
        found.update(_intents_in(condition))
    found.update(_collected(flow.states.get(state)))
    return frozenset(found | _YES_NO if found & _YES_NO else found)


def _collected(state: State | None) -> frozenset[str]:
    question = state.collect if state else None
    if question is None:
        return frozenset()
    by_choice = {option.means for option in question.choices if option.means}
    return _INTENTS_OF_TYPE.get(question.type, frozenset()) | by_choice


def _intents_in(condition: Condition) -> Iterator[str]:
    """What is ruled out by `not` is no answer."""
    match condition:
        case Named(name):
            yield from _INTENTS_OF.get(name, ())
        case Compare("intent", key):
            yield str(key)
        case Computed(source):
            yield from _COMPARED.findall(source)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _intents_in(part)
