"""Definitions of flows by name and hash: two flows of the same content are two."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the table anew with what is in it."""
    _remade(["hash", "name"])


def downgrade() -> None:
    """Makes it as it was: of two flows with the same content, one is kept."""
    op.execute(
        "DELETE FROM flow_versions WHERE EXISTS (SELECT 1 FROM flow_versions AS other"
        " WHERE other.hash = flow_versions.hash AND other.name < flow_versions.name)"
    )
    _remade(["hash"])


def _remade(key: list[str]) -> None:
    op.rename_table("flow_versions", "flow_versions_before")
    op.create_table(
        "flow_versions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("published_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(*key),
    )
    op.execute(
        "INSERT INTO flow_versions (hash, name, definition, published_at)"
        " SELECT hash, name, definition, published_at FROM flow_versions_before"
    )
    op.drop_table("flow_versions_before")
