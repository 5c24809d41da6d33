"""How far mailboxes of others have been read."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE TABLE mailboxes (
            store_id text NOT NULL,
            account_id text NOT NULL,
            folder text NOT NULL,
            uid_validity bigint NOT NULL,
            last_uid bigint NOT NULL,
            arrived_at timestamptz NOT NULL,
            CONSTRAINT pk_mailboxes PRIMARY KEY (store_id, account_id, folder)
        )
        """
    )
