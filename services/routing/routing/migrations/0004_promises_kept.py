"""When a promise is next spoken of, how far it was escalated, and calls to whoever is on call."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    ALTER TABLE conversations
        ADD COLUMN told smallint NOT NULL DEFAULT 0,
        ADD COLUMN tell_at timestamptz,
        ADD COLUMN escalated_to smallint NOT NULL DEFAULT 0,
        ADD COLUMN escalate_at timestamptz,
        ADD COLUMN escalated_why text
    """,
    # What waits already is spoken of when its promise is broken, not before.
    "UPDATE conversations SET told = 1, tell_at = answer_by WHERE answer_by IS NOT NULL",
    "CREATE INDEX ix_conversations_tell_at ON conversations (tell_at) WHERE tell_at IS NOT NULL",
    """
    CREATE INDEX ix_conversations_escalate_at ON conversations (escalate_at)
        WHERE escalate_at IS NOT NULL
    """,
    """
    CREATE TABLE escalations (
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        version integer NOT NULL,
        level text NOT NULL,
        to_ids text[] NOT NULL,
        why text NOT NULL,
        at timestamptz NOT NULL,
        acknowledged_at timestamptz,
        acknowledged_by text,
        CONSTRAINT pk_escalations PRIMARY KEY (store_id, conversation_id, version)
    )
    """,
    """
    CREATE TABLE on_call_calls (
        id uuid CONSTRAINT pk_on_call_calls PRIMARY KEY,
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        body text NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        done_at timestamptz,
        failed_at timestamptz,
        last_error text
    )
    """,
    """
    CREATE INDEX ix_on_call_calls_due_at ON on_call_calls (due_at)
        WHERE done_at IS NULL AND failed_at IS NULL
    """,
)


def upgrade() -> None:
    """Add what keeps promises."""
    for statement in STATEMENTS:
        op.execute(statement)
