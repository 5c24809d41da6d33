"""A mail as it was written, beside its new text: whole, and as sanitised HTML."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; null where the new text is all there is."""
    op.execute("ALTER TABLE messages ADD COLUMN original text, ADD COLUMN html text")
