"""A team's default of whose holidays are kept by who has none of his own."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add it; until a document names one, nobody keeps holidays that are not his own."""
    op.execute("ALTER TABLE team ADD COLUMN default_holidays text")
