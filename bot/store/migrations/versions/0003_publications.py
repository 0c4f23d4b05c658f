"""What is current as one row, definitions of API calls, and a way to the live sessions of a flow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

JSON = sa.Text().with_variant(JSONB(), "postgresql")
LIVE = sa.text("status != 'ended'")


def upgrade() -> None:
    """Makes two tables and an index; what is there stays as it is."""
    op.create_table(
        "publications",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("globals_changed", sa.Boolean(), nullable=False),
        sa.Column("manifest", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "api_versions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("published_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(
        "sessions_live",
        "sessions",
        ["flow", "version", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    """Drops them; definitions of flows stay."""
    op.drop_index("sessions_live", table_name="sessions")
    for table in ("api_versions", "publications"):
        op.drop_table(table)
