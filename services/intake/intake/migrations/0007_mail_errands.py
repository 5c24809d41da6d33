"""Mails that lie with a mail service: they are to be fetched."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    # The row holds all that is needed to say the mail without its service: what was told of it is
    # put together as a mail in stand_in. Without due_at it was given up, and why tells.
    op.execute(
        """
        CREATE TABLE mail_errands (
            store_id text NOT NULL,
            errand_id uuid NOT NULL,
            channel text NOT NULL,
            account_id text NOT NULL,
            reference text[] NOT NULL,
            sender text,
            recipients text[] NOT NULL,
            stand_in bytea NOT NULL,
            told_at timestamptz NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz,
            why text,
            CONSTRAINT pk_mail_errands PRIMARY KEY (store_id, errand_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_mail_errands_due_at ON mail_errands (due_at) WHERE due_at IS NOT NULL"
    )
