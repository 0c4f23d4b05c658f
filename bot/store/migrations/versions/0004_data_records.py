"""The data store, timers that start a flow, and a way to the time zones of the contacts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Makes a table, a column and an index; what is there stays as it is."""
    op.create_table(
        "data_records",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("data_records_key", "data_records", ["collection", "key"], unique=True)
    op.create_index("data_records_collection", "data_records", ["collection", "id"])
    op.create_index("data_records_contact", "data_records", ["contact_id", "id"])
    op.add_column("timers", sa.Column("start", JSON, nullable=True))
    op.create_index("contacts_zone", "contacts", ["time_zone"])


def downgrade() -> None:
    """Drops them, and what flows have stored; starts that are still to come are lost."""
    op.drop_index("contacts_zone", table_name="contacts")
    op.execute("DELETE FROM timers WHERE start IS NOT NULL")
    with op.batch_alter_table("timers") as timers:
        timers.drop_column("start")
    op.drop_table("data_records")
