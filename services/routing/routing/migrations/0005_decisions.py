"""What each batch of decisions stood on, so that it can be decided again."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    """
    CREATE TABLE decision_teams (
        digest text CONSTRAINT pk_decision_teams PRIMARY KEY,
        team json NOT NULL,
        used_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE decisions (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_decisions PRIMARY KEY,
        store_id text NOT NULL,
        decided_at timestamptz NOT NULL,
        digest text NOT NULL,
        record json NOT NULL
    )
    """,
    "CREATE INDEX ix_decisions_decided_at ON decisions (decided_at, store_id)",
)


def upgrade() -> None:
    """Make the tables of the log."""
    for statement in TABLES:
        op.execute(statement)
