"""What a customer's time zone was read from, and what the address of an order tells of it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add both; of what is there already neither is known."""
    op.execute("ALTER TABLE conversations ADD COLUMN zone_source text")
    op.execute("ALTER TABLE order_facts ADD COLUMN time_zone text")
