"""Texts to be labelled: filed once per message, listed, decided."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, literal_column, select

from bot.domain.records import Page
from bot.domain.reviews import Collected, Decision, Review, Sighting, first_review, reading_parts
from bot.store.bulk import Bulk, Insert, Query, change, insertion, once
from bot.store.cursors import made_place, page_of
from bot.store.pages import before, filtered
from bot.store.rows import Values, decode, encode
from bot.store.tables import is_text, positions, review_sightings, reviews
from bot.store.transaction import Transaction

POSITION = "reviews"
"""How far the log has been read for reviews."""


def _moved(statement: Insert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"place": new.place}, where=positions.c.place < new.place
    )


INSERT_REVIEWS = insertion(reviews, once)
INSERT_SIGHTINGS = insertion(review_sightings, once)
MOVE_POSITION = insertion(positions, _moved)
COUNT = change(
    (reviews.c.last_at, reviews.c.id),
    lambda given: (
        reviews.update()
        .values(
            count=reviews.c.count + literal_column("1"),
            last_at=case(
                (reviews.c.last_at < given["last_at"], given["last_at"]), else_=reviews.c.last_at
            ),
        )
        .where(reviews.c.id == given["id"])
    ),
)
DECIDE = Bulk(
    (reviews.c.status, reviews.c.intent, reviews.c.decided_at, reviews.c.id),
    lambda given, dialect: (
        reviews.update()
        .values({name: given[name] for name in ("status", "intent", "decided_at")})
        .where(and_(reviews.c.id == given["id"], is_text(reviews.c.status, "pending")))
    ),
)
BY_ID = Query(lambda among: select(reviews).where(among(reviews.c.id)))
POSITIONS = Query(lambda among: select(positions.c.place).where(among(positions.c.name)))


def file(transaction: Transaction, found: Sequence[Collected]) -> list[int]:
    """Files what was collected; answers of each how many messages were new."""
    return [_file(transaction.connection, it) for it in found]


def _file(connection: Connection, found: Collected) -> int:
    # In one order in all processes, or two of them could wait for each other.
    ordered = sorted(found.sightings, key=lambda it: (it.review_id, it.event_id))
    new = [it for it in ordered if _is_new(connection, it)]
    for seen in new:
        INSERT_REVIEWS.run(connection, [review_row(first_review(seen))])
        COUNT.run(connection, [(seen.at, seen.review_id)])
    if found.place:
        MOVE_POSITION.run(connection, [(POSITION, found.place)])
    return len(new)


def _is_new(connection: Connection, seen: Sighting) -> bool:
    return INSERT_SIGHTINGS.run(connection, [(seen.event_id, seen.review_id)]) == 1


def decide(transaction: Transaction, decisions: Sequence[Decision]) -> list[bool]:
    """True for each review that was pending and is decided now."""
    rows = [(it.status, it.intent, it.at, it.review_id) for it in decisions]
    return [DECIDE.run(transaction.connection, [row]) == 1 for row in rows]


def position(connection: Connection) -> str | None:
    """The id of the event up to which the log has been read; None where it never was."""
    return next((place for (place,) in POSITIONS.rows(connection, [POSITION])), None)


def review(connection: Connection, review_id: str) -> Review | None:
    """The review with this id."""
    rows = BY_ID.rows(connection, [review_id])
    return review_of(rows[0]) if rows else None


def list_reviews(
    connection: Connection, limit: int, cursor: str | None, status: str | None
) -> Page:
    """Reviews, the latest first seen first."""
    by = (reviews.c.first_at, reviews.c.id)
    statement = filtered(select(reviews), {reviews.c.status: status})
    rows = connection.execute(before(statement, by, limit, made_place(cursor))).all()
    return page_of([review_of(row) for row in rows], limit, lambda it: (it.first_at, it.id))


def review_row(it: Review) -> Values:
    """A row of `reviews`."""
    return (
        it.id, it.text, it.status, it.reason, it.count, it.first_at, it.last_at,
        encode(it.reading), it.intent, it.decided_at,
    )  # fmt: skip


def review_of(row: Values) -> Review:
    """The review of a row."""
    id_, text, status, reason, count, first_at, last_at, reading, intent, decided_at = row
    parts = reading_parts(decode(reading))
    return Review(
        id_, text, status, reason, count, first_at, last_at,
        intent=intent, decided_at=decided_at, **parts,
    )  # fmt: skip
