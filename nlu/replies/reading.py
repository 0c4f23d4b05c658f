"""What a short reply means: the whole of it where each word is known, and what single words say.

Groups of the lexicon:
- `affirm`, `deny`: wherever they stand
- `affirm_alone`, `deny_alone`: where the message says nothing else ("I am")
- `emphasis`: yes, and beside a no only a stronger no ("definitely")
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
from itertools import pairwise

from nlu.replies.lexicon import NO, YES, Lexicon, Segment

MOST_PIECES = 24
MOST_EVIDENCE = 6.0
# Log-odds of yes against no that a phrase adds; one round figure for each strength.
_CLEAR, _LESS, _LEAST = 3.0, 1.5, 0.75
_WEIGHTS = {
    **dict.fromkeys(("affirm", "emphasis", "rhetorical"), _CLEAR),
    **dict.fromkeys(("agree", "affirm_alone"), _LESS),
    "leans_affirm": _LEAST,
    **dict.fromkeys(("deny", "deny_not", "enough"), -_CLEAR),
    **dict.fromkeys(("deny_alone", "not", "not_after"), -_LESS),
    "leans_deny": -_LEAST,
}
# What was said before "actually" counts little.
_TAKEN_BACK = 0.2
# A word as short as "y" or "si", or one character of Chinese, is mostly part of something else.
_SHORT_WORD = 2
_SHORT_WORD_WEIGHT = 0.3
_REACH = 3

_POSITIVE = YES | {"leans_affirm"}
# "No, yes" is no negated yes, but "no quiero" is.
_NEGATED_BY_NO = frozenset({"affirm_alone", "agree", "leans_affirm"})
_PASSED_OVER = frozenset({"", "filler"})
_COURTESY = frozenset({"thanks", "greet", "goodbye", "meets"})
_SETTLING = frozenset({"affirm", "emphasis", "deny", "deny_not"})
_CLEARLY_YES = frozenset({"affirm", "emphasis", "rhetorical"})
_LEANING = frozenset({"leans_affirm", "leans_deny"})
_DECISIVE = frozenset({"affirm", "deny", "unsure"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`meaning` is what the whole message says ("affirm", "deny", "unsure", "enough", "thanks",
    "greet", "goodbye"), None where a word is unknown; `opening` is "affirm" or "deny" where it
    begins so and nothing later gainsays it. `evidence` is the log-odds of yes against no; a
    question or a hedge makes it `doubtful`; a whole message that is an answer whoever asked, and
    no mere "great", is `clear`. `meets` if it looks forward to a meeting: "see you there".
    """

    meaning: str | None = None
    opening: str | None = None
    evidence: float = 0.0
    conditional: bool = False
    contradictory: bool = False
    rhetorical: bool = False
    doubtful: bool = False
    clear: bool = False
    meets: bool = False


def read(lexicon: Lexicon, words: Sequence[str], hints: Sequence[str]) -> Reading:
    """Read folded words; `hints` are languages, the likeliest first."""
    known = [lexicon.known(word) for word in words]
    segments = negated(lexicon.segments(known, lexicon.languages(known, hints)))
    if len(known) <= MOST_PIECES:
        whole = _read_whole(segments)
        if whole is not None:
            return whole
    opening, limited = _opening(segments)
    return Reading(
        opening=opening,
        meets=any(s.group == "meets" for s in segments),
        evidence=_evidence(segments),
        conditional=limited or any(s.group == "conditions" for s in segments),
        doubtful=segments[0].group == "asks" or any(s.group == "unsure" for s in segments),
    )


def _read_whole(segments: Sequence[Segment]) -> Reading | None:
    if not all(segment.group for segment in segments):
        return None
    meaning, contradictory = _whole(segments)
    if meaning is None:
        return None
    last = segments[-1].group == "conditions"
    return Reading(
        meaning=meaning,
        evidence=_evidence(segments),
        conditional=last and meaning == "affirm",
        contradictory=contradictory,
        rhetorical=any(s.group == "rhetorical" for s in segments),
        clear=any(s.group in _SETTLING for s in segments),
    )


def negated(segments: list[Segment]) -> list[Segment]:
    """The same with what "not" turns round: "not right" is no; and "no, definitely" a plain no."""
    found = list(segments)
    for position, segment in enumerate(segments):
        target = None
        if segment.group == "not":
            target = _first(segments, range(position + 1, position + 1 + _REACH), _POSITIVE)
        elif segment.group == "deny_not":
            target = _first(segments, range(position + 1, position + 2), _NEGATED_BY_NO)
        elif segment.group == "not_after":
            target = _first(segments, range(position - 1, position - 1 - _REACH, -1), _POSITIVE)
        elif segment.group == "emphasis" and _stresses_no(segments, position):
            found[position] = replace(segment, group="filler")
        if target is not None:
            found[target] = replace(segments[target], group="deny")
    return found


def _stresses_no(segments: Sequence[Segment], position: int) -> bool:
    following = segments[position + 1 : position + 2]
    said = [*segments[:position], *following]
    return any(s.group in ("deny", "deny_not") for s in said)


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
    """The meaning of words without a turn among them, and whether they say both yes and no."""
    answers = frozenset(groups) - _COURTESY
    if not answers or answers == {"agree"}:
        return _courtesy(groups, approving=bool(answers)), False
    if "asks" in answers or _is_fragment(groups):
        return None, False
    yes = bool(answers & _CLEARLY_YES) or _affirms_alone(groups)
    no = bool(answers & NO)
    if "unsure" in answers:
        return (None if answers & _LEANING else "unsure"), False
    if (yes or no) and "goodbye" in groups:
        # Both an answer and a farewell that only looks like one: the model weighs them.
        return None, False
    if yes and no:
        return "unsure", True
    if no:
        return (None if "leans_affirm" in answers else "deny"), False
    if yes or answers == {"agree", "leans_affirm"}:
        return (None if "leans_deny" in answers else "affirm"), False
    return ("enough" if "enough" in answers and not answers & _LEANING else None), False


def _affirms_alone(groups: Sequence[str]) -> bool:
    """`it is`, but not before a no: `it is wrong`."""
    following = [*groups[1:], ""]
    pairs = zip(groups, following, strict=True)
    return any(group == "affirm_alone" and after not in NO for group, after in pairs)


def _courtesy(groups: Sequence[str], *, approving: bool) -> str | None:
    """`ok thanks` thanks, and `ok` agrees; `ok, see you there` agrees to a meeting."""
    if "meets" in groups and "greet" not in groups:
        return "affirm" if approving and "goodbye" not in groups else "goodbye"
    if "goodbye" in groups:
        return None if "greet" in groups else "goodbye"
    if "thanks" in groups:
        return None if "greet" in groups else "thanks"
    if "greet" in groups:
        return None if approving else "greet"
    return "affirm" if approving else None


def _is_fragment(groups: Sequence[str]) -> bool:
    """`I am` is yes, but not in `I am fine`, unless a clear yes comes before it."""
    said = [group for group in groups if group not in _COURTESY]
    for group, after in pairwise(said):
        if group in _CLEARLY_YES:
            return False
        if group == "affirm_alone" and after not in NO:
            return True
    return False


def _opening(segments: Sequence[Segment]) -> tuple[str | None, bool]:
    """What the message begins with, where nothing gainsays it; and whether it is limited."""
    said = [s.group for s in segments if s.group not in ("filler", "greet")]
    first = said[0] if said else ""
    if first in ("affirm", "emphasis") or (first == "agree" and "meets" in said):
        rest = said[1:]
        limit = rest.index("conditions") if "conditions" in rest else len(rest)
        if NO & set(rest[:limit]) or {"unsure", "asks", "turns"} & set(rest):
            return None, False
        return "affirm", limit < len(rest)
    if first in ("deny", "deny_not"):
        gainsaid = {
            "affirm",
            "emphasis",
            "rhetorical",
            "unsure",
            "asks",
            "turns",
            "conditions",
        } & set(said)
        return (None if gainsaid else "deny"), False
    return None, False


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
    return len(segment.words) == 1 and len(word) <= (_SHORT_WORD if word.isascii() else 1)
