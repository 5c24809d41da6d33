"""Files that came with messages."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    # Where it lies yet: in the delivery raw_id of raw_at, or at the vendor under reference. Kept,
    # it lies in the object store under its digest.
    op.execute(
        """
        CREATE TABLE files (
            store_id text NOT NULL,
            file_id uuid NOT NULL,
            contact_id uuid NOT NULL,
            thread_id uuid NOT NULL,
            message_id uuid,
            n integer NOT NULL,
            channel text NOT NULL,
            account_id text NOT NULL,
            raw_id uuid,
            raw_at timestamptz,
            reference text,
            is_url boolean NOT NULL DEFAULT false,
            name text,
            declared_type text,
            media_type text,
            size bigint,
            sha256 text,
            state text NOT NULL CONSTRAINT ck_files_state
                CHECK (state IN ('due', 'kept', 'refused')),
            why text,
            due_at timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            received_at timestamptz NOT NULL,
            CONSTRAINT pk_files PRIMARY KEY (store_id, file_id),
            CONSTRAINT ck_files_due CHECK ((state = 'due') = (due_at IS NOT NULL)),
            CONSTRAINT ck_files_kept CHECK ((state = 'kept') = (sha256 IS NOT NULL))
        )
        """
    )
    op.execute("CREATE INDEX ix_files_due_at ON files (due_at) WHERE state = 'due'")
    op.execute("CREATE INDEX ix_files_message_id ON files (store_id, message_id)")
