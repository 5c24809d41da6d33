"""When an order was given up, so that it can be forgotten."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what was given up before counts from now on."""
    op.execute("ALTER TABLE order_errands ADD COLUMN given_up_at timestamptz")
    op.execute("UPDATE order_errands SET given_up_at = now() WHERE due_at IS NULL")
    op.execute(
        "CREATE INDEX ix_order_errands_given_up_at ON order_errands (given_up_at) "
        "WHERE given_up_at IS NOT NULL"
    )
