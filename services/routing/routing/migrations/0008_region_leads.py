"""Who leads the leads of a region stands in the team's document."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add it; until a document names somebody, nobody leads a region."""
    op.execute("ALTER TABLE team ADD COLUMN region_leads jsonb NOT NULL DEFAULT '{}'")
