"""Runs migrations on the connection that `bot.store.schema` gives, within its transaction."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction is the one
    render_as_batch=True,
)
context.run_migrations()
