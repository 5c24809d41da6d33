"""Conversations that are offered until somebody takes them, notes, and the room behind a load."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    ALTER TABLE conversations
        ADD COLUMN offer_ends_at timestamptz,
        ADD COLUMN declined jsonb NOT NULL DEFAULT '{}',
        DROP CONSTRAINT ck_conversations_state,
        ADD CONSTRAINT ck_conversations_state
            CHECK (state IN ('pending', 'queued', 'offered', 'assigned', 'resolved')),
        DROP CONSTRAINT ck_conversations_agent,
        ADD CONSTRAINT ck_conversations_agent
            CHECK ((state IN ('offered', 'assigned')) = (agent_id IS NOT NULL)),
        ADD CONSTRAINT ck_conversations_offered
            CHECK ((state = 'offered') = (offer_ends_at IS NOT NULL))
    """,
    """
    CREATE INDEX ix_conversations_offer_ends_at ON conversations (offer_ends_at)
        WHERE state = 'offered'
    """,
    "CREATE INDEX ix_conversations_holder ON conversations (agent_id) WHERE agent_id IS NOT NULL",
    "DROP INDEX ix_conversations_agent",
    "ALTER TABLE offers ADD COLUMN expires_at timestamptz",
    "CREATE INDEX ix_offers_live_agent ON offers (agent_id) WHERE ended_at IS NULL",
    "ALTER TABLE agents ADD COLUMN is_asked boolean",
    # Rows of before have no capacity: what it was then is not known.
    """
    ALTER TABLE load_changes
        ADD COLUMN capacity integer,
        ADD COLUMN is_override boolean NOT NULL DEFAULT false
    """,
    """
    CREATE TABLE notes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_notes PRIMARY KEY,
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        contact_id uuid,
        at timestamptz NOT NULL,
        by_id text NOT NULL,
        text text NOT NULL
    )
    """,
    "CREATE INDEX ix_notes_conversation_id ON notes (store_id, conversation_id, id)",
)


def upgrade() -> None:
    """Add what offers need; whatever is assigned stays so."""
    for statement in STATEMENTS:
        op.execute(statement)
