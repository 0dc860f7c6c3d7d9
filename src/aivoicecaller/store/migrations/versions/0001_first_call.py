"""First call"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
LIVE = sa.text("status <> 'ended'")
EXPECTED = sa.text("state = 'expected'")
UNDONE = sa.text("kind = 'command' AND done_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "agent_versions",
        sa.Column("agent_id", KEY, sa.ForeignKey("agents.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "calls",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("from_number", sa.Text, nullable=False),
        sa.Column("to_number", sa.Text, nullable=False),
        sa.Column("agent_id", KEY, nullable=False),
        sa.Column("agent_version", sa.Integer, nullable=False),
        sa.Column("sandbox", sa.Boolean, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("outcome_kind", sa.Text),
        sa.Column("outcome_blame", sa.Text),
        sa.Column("outcome_detail", sa.Text),
        sa.Column("started_at", TIME, nullable=False, index=True),
        sa.Column("answered_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("carrier_call_sid", KEY, index=True),
        sa.Column("engine_call_id", KEY, index=True),
        sa.ForeignKeyConstraint(["agent_id", "agent_version"], ["agent_versions.agent_id", "agent_versions.version"]),
    )
    op.create_index("ix_calls_live", "calls", ["id"], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_table(
        "call_events",
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("done_at", TIME),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_call_events_undone", "call_events", ["call_id", "seq"], sqlite_where=UNDONE, postgresql_where=UNDONE
    )
    op.create_table(
        "transcript_items",
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("item_id", KEY, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_table(
        "gaps",
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("from_ms", sa.Integer, primary_key=True),
        sa.Column("to_ms", sa.Integer),
    )
    op.create_table(
        "tool_calls",
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tool_call_id", KEY, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("output", sa.Text),
        sa.Column("duration_ms", sa.Integer),
    )
    op.create_table(
        "recordings",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("carrier_recording_sid", KEY, unique=True),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index(
        "ix_recordings_expected", "recordings", ["call_id"], sqlite_where=EXPECTED, postgresql_where=EXPECTED
    )
    op.create_table(
        "inbox",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("received_at", TIME, nullable=False, index=True),
    )
    op.create_table(
        "logins",
        sa.Column("hash", KEY, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
    )


def downgrade() -> None:
    for table in (
        "logins",
        "inbox",
        "recordings",
        "tool_calls",
        "gaps",
        "transcript_items",
        "call_events",
        "calls",
        "agent_versions",
        "agents",
    ):
        op.drop_table(table)
