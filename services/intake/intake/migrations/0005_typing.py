"""Who is writing just now in a chat."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; a crash may empty it."""
    op.execute(
        """
        CREATE UNLOGGED TABLE typing (
            store_id text NOT NULL,
            thread_id uuid NOT NULL,
            who text NOT NULL CONSTRAINT ck_typing_who CHECK (who IN ('visitor', 'agent')),
            until timestamptz NOT NULL,
            CONSTRAINT pk_typing PRIMARY KEY (store_id, thread_id, who)
        ) WITH (fillfactor = 50)
        """
    )
