"""What comes in, and what is made of it."""

from alembic import op

from shared.bus.tables import BUS_TABLES_V1

revision = "0001"
down_revision = None

TABLES = (
    # By day from the first, so that old days are dropped whole. A row that comes before its day's
    # partition goes to the default one and is moved when the partition is made.
    """
    CREATE TABLE raw_requests (
        store_id text NOT NULL,
        received_at timestamptz NOT NULL,
        raw_id uuid NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        method text NOT NULL,
        url text NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        outcome text NOT NULL CONSTRAINT ck_raw_requests_outcome
            CHECK (outcome IN ('understood', 'partly', 'known', 'odd', 'repeated', 'failed')),
        notes text NOT NULL,
        CONSTRAINT pk_raw_requests PRIMARY KEY (store_id, received_at, raw_id)
    ) PARTITION BY RANGE (received_at)
    """,
    "CREATE TABLE raw_requests_default PARTITION OF raw_requests DEFAULT",
    """
    CREATE TABLE deliveries (
        store_id text NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        delivery_id text NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_deliveries PRIMARY KEY (store_id, channel, account_id, delivery_id)
    )
    """,
    "CREATE INDEX ix_deliveries_received_at ON deliveries USING brin (received_at)",
    """
    CREATE TABLE contacts (
        store_id text NOT NULL,
        contact_id uuid NOT NULL,
        identity text NOT NULL CONSTRAINT ck_contacts_identity
            CHECK (identity IN ('mail', 'phone', 'user', 'visitor')),
        scope text NOT NULL,
        address text NOT NULL,
        name text,
        locale text,
        mail text,
        first_seen_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        CONSTRAINT pk_contacts PRIMARY KEY (store_id, contact_id)
    )
    """,
    """
    CREATE TABLE threads (
        store_id text NOT NULL,
        thread_id uuid NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        contact_id uuid NOT NULL,
        version integer NOT NULL DEFAULT 0,
        about_kind text,
        about_id text,
        opened_at timestamptz NOT NULL,
        CONSTRAINT pk_threads PRIMARY KEY (store_id, thread_id)
    )
    """,
    """
    CREATE TABLE messages (
        store_id text NOT NULL,
        message_id uuid NOT NULL,
        thread_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        external_id text NOT NULL,
        answers text,
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        raw_id uuid,
        subject text,
        text text NOT NULL,
        attachments jsonb NOT NULL,
        CONSTRAINT pk_messages PRIMARY KEY (store_id, message_id)
    )
    """,
    "CREATE INDEX ix_messages_thread_id ON messages (store_id, thread_id, occurred_at)",
    """
    CREATE TABLE statuses (
        store_id text NOT NULL,
        status_id uuid NOT NULL,
        thread_id uuid,
        notification_id uuid,
        channel text NOT NULL,
        external_id text NOT NULL,
        status text NOT NULL,
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_statuses PRIMARY KEY (store_id, status_id)
    )
    """,
    # What is told of a message of ours outside any thread has its versions here.
    """
    CREATE TABLE outgoing (
        store_id text NOT NULL,
        notification_id uuid NOT NULL,
        version integer NOT NULL DEFAULT 0,
        CONSTRAINT pk_outgoing PRIMARY KEY (store_id, notification_id)
    )
    """,
    """
    CREATE TABLE chat_messages (
        store_id text NOT NULL,
        notification_id uuid NOT NULL,
        thread_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        n bigint GENERATED ALWAYS AS IDENTITY,
        text text NOT NULL,
        said_at timestamptz NOT NULL,
        seen_at timestamptz,
        CONSTRAINT pk_chat_messages PRIMARY KEY (store_id, notification_id)
    )
    """,
    """
    CREATE INDEX ix_chat_messages_unseen ON chat_messages (store_id, thread_id, n)
        WHERE seen_at IS NULL
    """,
    """
    CREATE TABLE orders (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        external_id text NOT NULL,
        contact_id uuid,
        version integer NOT NULL DEFAULT 0,
        snapshot jsonb,
        said jsonb NOT NULL DEFAULT '[]',
        first_heard_at timestamptz NOT NULL,
        CONSTRAINT pk_orders PRIMARY KEY (store_id, order_id)
    )
    """,
    "CREATE INDEX ix_orders_stubs ON orders (first_heard_at) WHERE snapshot IS NULL",
    """
    CREATE TABLE fulfilments (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        fulfilment_id text NOT NULL,
        told jsonb NOT NULL,
        CONSTRAINT pk_fulfilments PRIMARY KEY (store_id, order_id, fulfilment_id)
    )
    """,
    """
    CREATE TABLE refunds (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        external_refund_id text NOT NULL,
        told jsonb NOT NULL,
        CONSTRAINT pk_refunds PRIMARY KEY (store_id, order_id, external_refund_id)
    )
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for statement in (*BUS_TABLES_V1, *TABLES):
        op.execute(statement)
