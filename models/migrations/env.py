"""Alembic's environment: runs the revisions on the connection that `run.migrate` holds."""

from alembic import context

from models.schema.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
