"""What a short reply means: the whole of it where each word is known, and what single words say.

Groups of the lexicon:
- `affirm`, `deny`: wherever they stand; `affirm_alone`, `deny_alone`: where the message says nothing else
- `agree`: approval ("great"); `enough`: a friendly end ("that's all"), no after a question
- `rhetorical`: questions that mean yes ("why not")
- `unsure`: hedges; they undo a yes and a no beside them
- `not`, `not_after`: turn round what follows, or what comes before; `deny_not`: no, and such a word
- `turns`: what follows counts more ("actually"); `conditions`: a yes with a limit ("but", "if")
- `leans_affirm`, `leans_deny`: weak signs in a longer message
- `asks`: how a question begins; `thanks`, `greet`, `goodbye`, `filler`
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlu.replies.lexicon import Lexicon, Segment

MOST_PIECES = 24
MOST_EVIDENCE = 6.0
# Log-odds of yes against no that a phrase adds; one round figure for each strength.
_WEIGHTS = {
    "affirm": 3.0, "rhetorical": 3.0, "agree": 1.5, "affirm_alone": 1.5, "leans_affirm": 0.75,
    "deny": -3.0, "deny_not": -3.0, "enough": -3.0, "deny_alone": -1.5, "not": -1.5, "not_after": -1.5,
    "leans_deny": -0.75,
}  # fmt: skip
# What was said before "actually" counts little.
_TAKEN_BACK = 0.2
# A word as short as "y" or "si" within a longer message is mostly another word.
_SHORT_WORD = 2
_SHORT_WORD_WEIGHT = 0.3
_REACH = 3

_POSITIVE = frozenset({"affirm", "affirm_alone", "agree", "leans_affirm"})
# "No, yes" is no negated yes, but "no quiero" is.
_NEGATED_BY_NO = frozenset({"affirm_alone", "agree", "leans_affirm"})
_NEGATIVE = frozenset({"deny", "deny_alone", "deny_not", "not", "not_after"})
_PASSED_OVER = frozenset({"", "filler"})
_NO = "deny"
_TURNED = "affirm_alone"

_MEANT = {
    "affirm": "affirm", "affirm_alone": "affirm", "agree": "soft", "rhetorical": "question",
    "deny": "deny", "deny_alone": "deny", "deny_not": "deny", "not": "deny", "not_after": "deny",
    "enough": "content", "unsure": "unsure", "thanks": "thanks", "greet": "greet",
    "goodbye": "goodbye", "leans_affirm": "leans_affirm", "leans_deny": "leans_deny",
}  # fmt: skip

# What a message means whose parts are of these kinds; other mixtures are left to the model.
_MEANINGS = {
    frozenset(kinds.split()): meaning
    for meaning, mixtures in {
        "affirm": (
            "affirm", "soft", "affirm soft", "affirm question", "soft question", "question",
            "affirm greet", "affirm thanks", "affirm soft thanks", "question thanks",
            "affirm content", "affirm content thanks", "affirm leans_affirm", "affirm soft leans_affirm",
            "affirm leans_affirm thanks", "soft leans_affirm", "affirm goodbye", "affirm thanks goodbye",
        ),
        "deny": (
            "deny", "deny thanks", "deny greet", "soft deny", "soft deny thanks", "deny content",
            "deny content thanks", "deny leans_deny", "deny leans_deny thanks", "deny goodbye",
            "deny thanks goodbye", "soft deny content", "soft deny content thanks",
        ),
        "unsure": (
            "unsure", "unsure thanks", "unsure soft", "unsure affirm", "unsure deny",
            "unsure affirm deny", "unsure soft deny", "affirm deny", "affirm deny soft",
            "affirm deny thanks", "unsure affirm thanks", "unsure deny thanks",
        ),
        "enough": ("content", "content thanks", "content soft", "content soft thanks",
                   "content goodbye", "content thanks goodbye"),
        "thanks": ("thanks", "soft thanks"),
        "goodbye": ("goodbye", "soft goodbye", "thanks goodbye", "soft thanks goodbye"),
        "greet": ("greet",),
    }.items()
    for kinds in mixtures
}  # fmt: skip
_DECISIVE = frozenset({"affirm", "deny", "unsure"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`meaning` is what the whole message says ("affirm", "deny", "unsure", "enough", "thanks",
    "greet", "goodbye"), None where a word is unknown; `opening` is "affirm" or "deny" where it
    begins so and nothing later gainsays it. `evidence` is the log-odds of yes against no.
    """

    meaning: str | None = None
    opening: str | None = None
    evidence: float = 0.0
    conditional: bool = False
    contradictory: bool = False
    rhetorical: bool = False
    asks: bool = False


NOTHING = Reading()


def read(lexicon: Lexicon, words: Sequence[str], hints: Sequence[str]) -> Reading:
    """Read folded words; `hints` are languages, the likeliest first."""
    known = [lexicon.known(word) for word in words]
    segments = negated(list(lexicon.segments(known, lexicon.languages(known, hints))))
    if not any(segment.group for segment in segments):
        return NOTHING
    meaning, contradictory = (None, False) if len(words) > MOST_PIECES else _whole(segments)
    opening, limited = _opening(segments)
    return Reading(
        meaning=meaning,
        opening=opening,
        evidence=_evidence(segments),
        conditional=limited or (meaning is None and any(s.group == "conditions" for s in segments)),
        contradictory=contradictory,
        rhetorical=any(s.group == "rhetorical" for s in segments),
        asks=segments[0].group == "asks",
    )


def negated(segments: list[Segment]) -> list[Segment]:
    """The same with what "not" turns round: "not right" is no."""
    found = list(segments)
    for position, segment in enumerate(segments):
        target = None
        if segment.group == "not":
            target = _first(segments, range(position + 1, position + 1 + _REACH), _POSITIVE)
        elif segment.group == "deny_not":
            target = _first(segments, range(position + 1, position + 2), _NEGATED_BY_NO)
        elif segment.group == "not_after":
            target = _first(segments, range(position - 1, position - 1 - _REACH, -1), _POSITIVE)
        if target is not None:
            found[target] = replace(segments[target], group=_NO)
    return found


def _first(segments: Sequence[Segment], places: range, groups: frozenset[str]) -> int | None:
    """The nearest segment of these groups, with nothing but foreign words before it."""
    for place in places:
        if not 0 <= place < len(segments):
            return None
        if segments[place].group in groups:
            return place
        if segments[place].group not in _PASSED_OVER:
            return None
    return None


def _whole(segments: Sequence[Segment]) -> tuple[str | None, bool]:
    """The meaning where each word is known, and whether it says both yes and no."""
    parts: list[list[str]] = [[]]
    for segment in segments:
        if segment.group in ("turns", "conditions"):
            parts.append([])
        elif segment.group != "filler":
            parts[-1].append(segment.group)
    meanings = [_meaning(part) for part in parts]
    if len(parts) == 1:
        return meanings[0]
    if any(part and meaning is None for part, (meaning, _) in zip(parts, meanings, strict=True)):
        return None, False
    # Of "yes... actually no" the last that decides.
    decided = [meaning for meaning in meanings if meaning[0] in _DECISIVE]
    said = [meaning for meaning in meanings if meaning[0]]
    return (decided or said or [(None, False)])[-1]


def _meaning(groups: Sequence[str]) -> tuple[str | None, bool]:
    kinds = frozenset(_MEANT.get(group, "") for group in groups)
    meaning = _MEANINGS.get(kinds)
    return meaning, meaning == "unsure" and "unsure" not in kinds


def _opening(segments: Sequence[Segment]) -> tuple[str | None, bool]:
    """What the message begins with, where nothing gainsays it; and whether it is limited."""
    said = [s.group for s in segments if s.group not in ("filler", "greet")]
    first = said[0] if said else ""
    if first == "affirm":
        rest = said[1:]
        limit = rest.index("conditions") if "conditions" in rest else len(rest)
        if _gainsaid(rest[:limit], _NEGATIVE) or {"unsure", "asks", "turns"} & set(rest):
            return None, False
        return "affirm", limit < len(rest)
    if first in ("deny", "deny_not"):
        gainsaid = {"affirm", "rhetorical", "unsure", "asks", "turns", "conditions"} & set(said)
        return (None if gainsaid else "deny"), False
    return None, False


def _gainsaid(groups: Sequence[str], opposite: frozenset[str]) -> bool:
    return any(group in opposite for group in groups)


def _evidence(segments: Sequence[Segment]) -> float:
    total = 0.0
    several = len(segments) > 1
    for position, segment in enumerate(segments):
        weight = _WEIGHTS.get(segment.group, 0.0)
        if segment.group == "turns":
            total *= _TAKEN_BACK
        elif several and position and _is_short(segment):
            weight *= _SHORT_WORD_WEIGHT
        total += weight
    return max(-MOST_EVIDENCE, min(MOST_EVIDENCE, total))


def _is_short(segment: Segment) -> bool:
    word = segment.words[0]
    return len(segment.words) == 1 and len(word) <= _SHORT_WORD and word.isascii()
