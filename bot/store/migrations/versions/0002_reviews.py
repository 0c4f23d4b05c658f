"""Texts to be labelled, the messages that read so, and how far the log has been read for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Makes three tables; what is there stays as it is."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.Column("reading", JSON, nullable=False),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reviews_first", "reviews", ["first_at", "id"])
    op.create_index("reviews_status", "reviews", ["status", "first_at", "id"])
    op.create_table(
        "review_sightings",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "positions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Drops them, and what was labelled with them."""
    for table in ("positions", "review_sightings", "reviews"):
        op.drop_table(table)
