"""What starts a flow: the triggers of a document."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast, get_args

from bot.engine.condition_reader import read_condition
from bot.engine.conditions import ALWAYS, Condition, compared_in, computed_in, named_in
from bot.engine.expressions import names_in
from bot.engine.findings import nearest
from bot.engine.flow import Trigger, TriggerKind, TriggerMatch
from bot.engine.reading import Reading, read_flag, read_pattern, read_texts, shown

TRIGGER_KINDS = get_args(TriggerKind)
MATCHES = get_args(TriggerMatch)
_BARE = ("manual", "webhook")
"""Kinds that need no value."""
_KEYS_OF: Mapping[str, tuple[str, ...]] = {
    "keyword": ("match",),
    "schedule": ("time_zone", "audience"),
}
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_ABOUT_CONTACTS = ("tag", "slot")
_ABOUT_TURNS = frozenset({"text", "intent", "event", "registry"})
# CronSim wants a time to begin with; none of its answers is looked at.
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001


def read_triggers(r: Reading, nodes: Any) -> tuple[Trigger, ...]:
    if not r.typed(nodes, list, "/triggers", "a list of triggers"):
        return ()
    read = (_trigger(r, node, f"/triggers/{i}") for i, node in enumerate(nodes))
    return tuple(trigger for trigger in read if trigger)


def _trigger(r: Reading, node: Any, place: str) -> Trigger | None:
    if not r.typed(node, dict, place, 'a trigger like {"keyword": ["coupon"]}'):
        return None
    kinds = [kind for kind in TRIGGER_KINDS if kind in node]
    own = _KEYS_OF.get(kinds[0], ()) if kinds else ()
    r.known_keys(node, (*TRIGGER_KINDS, "when", "interrupt", *own, "$comment"), place)
    if len(kinds) != 1:
        r.error(
            "wrong-trigger", place, "a trigger has exactly one kind", nearest("", TRIGGER_KINDS)
        )
        return None
    kind = kinds[0]
    match = _match(r, node, place)
    return Trigger(
        kind=cast(TriggerKind, kind),
        value=_value(r, kind, node[kind], f"{place}/{kind}", match),
        place=place,
        when=read_condition(r, node["when"], f"{place}/when") if "when" in node else ALWAYS,
        interrupt=read_flag(r, node, "interrupt", place),
        match=match,
        time_zone=_time_zone(r, node, place),
        audience=_audience(r, node, place) if kind == "schedule" else ALWAYS,
    )


def _value(r: Reading, kind: str, value: Any, place: str, match: str) -> tuple[str, ...]:
    if value is True and kind in _BARE:
        return ()
    if kind == "schedule":
        return read_texts(r, value, place, least=1, read=_cron)
    if match == "regex":
        return read_texts(r, value, place, least=1, read=read_pattern)
    return read_texts(r, value, place, least=1)


def _match(r: Reading, node: Mapping[str, Any], place: str) -> TriggerMatch:
    match = node.get("match", "exact")
    if match not in MATCHES:
        r.error("unknown-match", f"{place}/match", f"unknown way to match {shown(match)}",
                nearest(str(match), MATCHES))  # fmt: skip
        return "exact"
    return cast(TriggerMatch, match)


def _cron(r: Reading, value: Any, place: str) -> str:
    if not r.text(value, place, 'times like "0 9 * * 1-5"'):
        return ""
    # Loaded where there is a schedule: most flows have none.
    from cronsim import CronSim, CronSimError

    try:
        if len(value.split()) != 5:
            # A sixth one would be for seconds: nobody is to be written to every second.
            raise CronSimError("Wrong number of fields")
        CronSim(value, _SOME_DAY)
    except CronSimError as error:
        r.error("wrong-schedule", place, f"{shown(value)} is no schedule: {error}",
                'five fields: minute, hour, day, month, weekday, as in "0 9 * * 1-5"')  # fmt: skip
        return ""
    return str(value)


def _time_zone(r: Reading, node: Mapping[str, Any], place: str) -> str | None:
    zone = node.get("time_zone")
    if "time_zone" in node and not (isinstance(zone, str) and _ZONE.fullmatch(zone)):
        r.error("unknown-zone", f"{place}/time_zone", f"{shown(zone)} is no time zone",
                'a name such as "Europe/Oslo"; leave it out for the contact\'s own')  # fmt: skip
        return None
    return zone


def _audience(r: Reading, node: Mapping[str, Any], place: str) -> Condition:
    """Whom a schedule is for: decided without a message and without a session."""
    if "audience" not in node:
        r.error("no-audience", place, "a schedule needs an 'audience': the contacts it is for",
                'for example {"tag": "subscriber"}')  # fmt: skip
        return ALWAYS
    place = f"{place}/audience"
    condition = read_condition(r, node["audience"], place)
    strange = [n.name for n in named_in(condition) if n.name != "always"]
    strange += [c.subject for c in compared_in(condition) if c.subject not in _ABOUT_CONTACTS]
    strange += [name for c in computed_in(condition) for name in names_in(c.source) & _ABOUT_TURNS]
    if strange:
        r.error("wrong-audience", place, f"{strange[0]!r} says nothing about contacts",
                'tags and fields: {"tag": "vip"}, {"slot": "city", "value": "Oslo"}')  # fmt: skip
    return condition
