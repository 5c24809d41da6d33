"""Why work waits, kept from when it was found for as long as decisions are."""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = (
    """
    CREATE TABLE waits (
        store_id text NOT NULL,
        family text NOT NULL,
        signature text NOT NULL,
        mark integer NOT NULL,
        version integer NOT NULL,
        decided_at timestamptz NOT NULL,
        as_of timestamptz NOT NULL,
        used_from double precision NOT NULL,
        used_until double precision,
        digest text NOT NULL,
        why json NOT NULL
    )
    """,
    # A signature names all who declined and may be longer than an index takes.
    """
    CREATE UNIQUE INDEX uq_waits
        ON waits (store_id, family, md5(signature), mark, version)
    """,
    "CREATE INDEX ix_waits_as_of ON waits (as_of)",
)


def upgrade() -> None:
    """Make the table; what waits already is told of when it is next looked at."""
    for statement in TABLES:
        op.execute(statement)
