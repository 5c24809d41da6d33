"""The priority that a person set, beside the one that counts."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add it; nobody has set any."""
    op.execute("ALTER TABLE conversations ADD COLUMN priority_set text")
