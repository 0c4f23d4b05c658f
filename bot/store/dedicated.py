"""A connection of its own to PostgreSQL, for locks that live as long as the connection."""

from typing import Any

import asyncpg
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from bot.domain.records import StoreUnavailable
from bot.store.database import first_line, parse_url

CONNECT_SECONDS = 5
KEEP_ALIVE = {
    # A peer that vanished without a word must not hold locks for hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_FOR_SQLALCHEMY = frozenset(
    {
        "async_creator_fn",
        "async_fallback",
        "prepared_statement_cache_size",
        "prepared_statement_name_func",
    }
)


def connect_arguments(url: URL) -> dict[str, Any]:
    """What asyncpg is called with for this URL: the server that SQLAlchemy's engine talks to."""
    dialect: Any = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    arguments: dict[str, Any] = dialect.create_connect_args(url)[1]
    return {key: value for key, value in arguments.items() if key not in _FOR_SQLALCHEMY}


async def dedicated_connection(url: str) -> Any:
    """An asyncpg connection; raises StoreUnavailable where the server does not answer."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("locks of the database need PostgreSQL")
    try:
        return await asyncpg.connect(
            **{
                **connect_arguments(parsed),
                "timeout": CONNECT_SECONDS,
                "command_timeout": CONNECT_SECONDS,
                "server_settings": {"application_name": "parley locks", **KEEP_ALIVE},
            }
        )
    except ERRORS as error:
        raise StoreUnavailable(first_line(error)) from None
