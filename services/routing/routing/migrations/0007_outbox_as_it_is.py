"""Bodies in the outbox are kept as they are: they are read once and deleted within milliseconds."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Leave rows of up to a page alone: to compress one costs as much as to say it."""
    op.execute("ALTER TABLE outbox SET (toast_tuple_target = 8160)")
