"""Orders that shops named alone: what else there is to them is asked for."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    # heard counts how often the shop named it: what is told while it is asked for is asked for
    # again. Without due_at it was given up, and why tells.
    op.execute(
        """
        CREATE TABLE order_errands (
            store_id text NOT NULL,
            order_id uuid NOT NULL,
            channel text NOT NULL,
            account_id text NOT NULL,
            external_id text NOT NULL,
            heard integer NOT NULL DEFAULT 1,
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz,
            why text,
            CONSTRAINT pk_order_errands PRIMARY KEY (store_id, order_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_order_errands_due_at ON order_errands (due_at) WHERE due_at IS NOT NULL"
    )
