"""Shipments, their scans and what the front door took in."""

from alembic import op

from shared.bus.tables import BUS_TABLES_V1

revision = "0001"
down_revision = None

TABLES = (
    # A stub for every number heard of: whoever comes first, scan or order, makes it and locks it.
    """
    CREATE TABLE numbers (
        store_id text NOT NULL,
        carrier text NOT NULL,
        number text NOT NULL,
        has_shipment boolean NOT NULL DEFAULT false,
        first_heard_at timestamptz NOT NULL,
        CONSTRAINT pk_numbers PRIMARY KEY (store_id, carrier, number)
    )
    """,
    """
    CREATE INDEX ix_numbers_first_heard_at ON numbers (first_heard_at) WHERE NOT has_shipment
    """,
    """
    CREATE TABLE orders (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        cancelled_version integer,
        CONSTRAINT pk_orders PRIMARY KEY (store_id, order_id)
    )
    """,
    """
    CREATE TABLE shipments (
        shipment_id uuid CONSTRAINT pk_shipments PRIMARY KEY,
        store_id text NOT NULL,
        purpose text NOT NULL
            CONSTRAINT ck_shipments_purpose CHECK (purpose IN ('outbound', 'return')),
        order_id uuid,
        case_id uuid,
        contact_id uuid,
        carrier text NOT NULL,
        number text NOT NULL,
        buyer_country text,
        language text,
        line_ids text[] NOT NULL,
        tracking_url text,
        shipped_at timestamptz NOT NULL,
        is_watched boolean,
        unwatched_because text,
        watched_at timestamptz,
        is_cancelled boolean NOT NULL,
        milestone text NOT NULL,
        exception_kind text,
        newest_at timestamptz,
        heard_at timestamptz,
        delivered_at timestamptz,
        returning_at timestamptz,
        alarms text[] NOT NULL,
        due_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT ck_shipments_subject CHECK (num_nonnulls(order_id, case_id) >= 1)
    ) WITH (fillfactor = 80)
    """,
    "CREATE INDEX ix_shipments_number ON shipments (store_id, carrier, number)",
    "CREATE INDEX ix_shipments_order_id ON shipments (store_id, order_id)",
    "CREATE INDEX ix_shipments_due_at ON shipments (due_at) WHERE due_at IS NOT NULL",
    """
    CREATE TABLE registrations (
        shipment_id uuid CONSTRAINT pk_registrations PRIMARY KEY
            CONSTRAINT fk_registrations_shipment_id REFERENCES shipments,
        store_id text NOT NULL,
        due_at timestamptz NOT NULL,
        asked_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX ix_registrations_due_at ON registrations (due_at)",
    # By the carrier's time, which is part of what makes a scan the same one when it comes again.
    """
    CREATE TABLE scans (
        store_id text NOT NULL,
        carrier text NOT NULL,
        number text NOT NULL,
        occurred_at timestamptz NOT NULL,
        code text NOT NULL,
        account_id text NOT NULL,
        milestone text NOT NULL,
        exception_kind text,
        description text,
        location text,
        country text,
        CONSTRAINT pk_scans
            PRIMARY KEY (store_id, carrier, number, occurred_at, code, account_id)
    ) PARTITION BY RANGE (occurred_at)
    """,
    "CREATE TABLE scans_default PARTITION OF scans DEFAULT",
    """
    CREATE TABLE requests (
        received_at timestamptz NOT NULL,
        received_on date NOT NULL,
        store_id text NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        dedupe_key text NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        CONSTRAINT pk_requests
            PRIMARY KEY (store_id, channel, account_id, dedupe_key, received_on)
    ) PARTITION BY RANGE (received_on)
    """,
    "CREATE TABLE requests_default PARTITION OF requests DEFAULT",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in (*BUS_TABLES_V1, *TABLES):
        op.execute(statement)
