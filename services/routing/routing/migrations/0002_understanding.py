"""What a conversation is about, how pressing it is, and what its order is worth."""

from alembic import op

revision = "0002"
down_revision = "0001"

CONVERSATIONS = """
    ALTER TABLE conversations
        ADD COLUMN language_alternatives jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN intent text,
        ADD COLUMN intent_confidence double precision,
        ADD COLUMN priority text NOT NULL DEFAULT 'normal',
        ADD COLUMN urgency_reasons text[] NOT NULL DEFAULT '{}',
        ADD COLUMN unanswered_count integer NOT NULL DEFAULT 0
"""
ORDERS = """
    ALTER TABLE order_facts
        ADD COLUMN shop_total bigint,
        ADD COLUMN shop_currency text
"""


def upgrade() -> None:
    """Add the columns; what is there already has the usual priority."""
    op.execute(CONVERSATIONS)
    op.execute(ORDERS)
