"""How many sessions went through a flow: counted by the database, which reads the log itself."""

from typing import Any

from sqlalchemy import Connection, Select, Text, func, literal_column, null, select
from sqlalchemy.sql.elements import ColumnElement

from bot.engine.traffic import Traffic, traffic
from bot.store.tables import events, is_open, is_text, sessions


def flow_traffic(
    connection: Connection, flow: str, version: str | None, since: float | None
) -> Traffic:
    """The counts of a flow, or of one version; what was entered, left and ended from `since` on."""
    ways = _logged(flow, version, since, "state_entered", _said("state"), _said("left"))
    ended = _logged(flow, version, since, "session_ended", sessions.c.state, _said("reason"))
    ended = ended.join_from(events, sessions, sessions.c.id == events.c.session_id)
    live = (
        select(literal_column("'live'"), sessions.c.state, null(), func.count())
        .where(sessions.c.flow == flow, is_open())
        .group_by(sessions.c.state)
    )
    if version is not None:
        live = live.where(sessions.c.version == version)
    rows = [row for statement in (ways, ended, live) for row in connection.execute(statement)]
    return traffic((kind, state, beside, count) for kind, state, beside, count in rows)


def _logged(
    flow: str, version: str | None, since: float | None, type_: str,
    state: ColumnElement[Any], beside: ColumnElement[Any],
) -> Select[Any]:  # fmt: skip
    kind: ColumnElement[str] = literal_column("'way'" if type_ == "state_entered" else "'ended'")
    statement = (
        select(kind, state, beside, func.count())
        .where(is_text(events.c.type, type_), events.c.flow == flow)
        .group_by(state, beside)
    )
    if version is not None:
        statement = statement.where(events.c.flow_version == version)
    if since is not None:
        statement = statement.where(events.c.at >= since)
    return statement


def _said(name: str) -> ColumnElement[str]:
    """A member of an event's data: both databases know this operator."""
    return events.c.data.op("->>", return_type=Text())(literal_column(f"'{name}'"))
