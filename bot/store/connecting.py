"""Chooses the database of a URL."""

from bot.store.database import Database, parse_url


def connect(url: str) -> Database:
    """The database at this URL; it is reached with the first work.

    Each kind is imported where it is asked for, so that one's driver is not needed by the other.
    """
    parsed = parse_url(url)
    if parsed.drivername.startswith("sqlite"):
        from bot.store.sqlite import SqliteDatabase

        return SqliteDatabase(parsed)
    from bot.store.postgres import PostgresDatabase

    return PostgresDatabase(parsed)
