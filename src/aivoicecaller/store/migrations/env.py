"""Called by Alembic with the connection, and the transaction, that `migrate.py` gives it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

# Each of them puts its tables into the metadata.
from aivoicecaller.store import Store
from aivoicecaller.store.base import Base, Json, Utc, Words

assert Store


def render_plain(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our column types by their plain SQL names: a migration must not change when our classes do."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, (Json, Words)):
        return "sa.Text()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_plain,
    # SQLite changes a table by copying it.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
