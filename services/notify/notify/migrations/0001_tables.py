"""Orders' recipients, parcels, notifications, receipts, suppressions."""

from alembic import op

from shared.bus.tables import BUS_TABLES_V1

revision = "0001"
down_revision = None

_TABLES = (
    # One row: when notify came to this installation. What was said long before is not told again.
    """
    CREATE TABLE installations (
        id integer NOT NULL CONSTRAINT pk_installations PRIMARY KEY
            CONSTRAINT ck_installations_one CHECK (id = 1),
        installed_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "INSERT INTO installations (id) VALUES (1)",
    # version 0 is a stub: something of the order was heard before the order itself.
    """
    CREATE TABLE orders (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        version integer NOT NULL DEFAULT 0,
        contact_id uuid,
        recipient jsonb,
        heard_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_orders PRIMARY KEY (store_id, order_id)
    )
    """,
    """
    CREATE TABLE parcels (
        store_id text NOT NULL,
        shipment_id uuid NOT NULL,
        settled_version integer NOT NULL,
        heard_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_parcels PRIMARY KEY (store_id, shipment_id)
    )
    """,
    """
    CREATE TABLE notifications (
        notification_id uuid NOT NULL CONSTRAINT pk_notifications PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        store_id text NOT NULL,
        template text NOT NULL,
        subject_id text NOT NULL,
        detail text NOT NULL,
        lane text NOT NULL,
        channel text NOT NULL,
        account_id text,
        state text NOT NULL CONSTRAINT ck_notifications_state CHECK (state IN (
            'pending', 'queued', 'sending', 'sent', 'delivered', 'failed', 'suppressed')),
        version integer NOT NULL DEFAULT 0,
        subject_version integer NOT NULL,
        correlation_id uuid NOT NULL,
        occurred_at timestamptz NOT NULL,
        said_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        queued_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        unknowns integer NOT NULL DEFAULT 0,
        is_read boolean NOT NULL DEFAULT false,
        language text,
        about jsonb,
        order_id uuid,
        shipment_id uuid,
        case_id uuid,
        conversation_id uuid,
        reply_id uuid,
        thread_id uuid,
        contact_id uuid,
        facts jsonb,
        text text,
        route jsonb,
        address text,
        external_id text,
        why text,
        sent_at timestamptz,
        ended_at timestamptz,
        CONSTRAINT uq_notifications_store_id_template_subject_id_detail
            UNIQUE (store_id, template, subject_id, detail)
    )
    """,
    """
    CREATE INDEX ix_notifications_due_at ON notifications (due_at, seq)
        WHERE state IN ('queued', 'sending')
    """,
    """
    CREATE INDEX ix_notifications_lane ON notifications (store_id, lane, occurred_at, seq)
        WHERE state IN ('pending', 'queued', 'sending')
    """,
    """
    CREATE INDEX ix_notifications_pending ON notifications (store_id, order_id)
        WHERE state = 'pending'
    """,
    "CREATE INDEX ix_notifications_order_id ON notifications (store_id, order_id, seq)",
    """
    CREATE INDEX ix_notifications_external_id ON notifications (channel, account_id, external_id)
        WHERE external_id IS NOT NULL
    """,
    """
    CREATE TABLE receipts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_receipts PRIMARY KEY,
        store_id text NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        external_id text NOT NULL,
        notification_id uuid,
        status text NOT NULL,
        occurred_at timestamptz NOT NULL,
        reason text,
        is_permanent boolean,
        kept_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE suppressions (
        store_id text NOT NULL,
        address text NOT NULL,
        contact_id uuid,
        why text NOT NULL,
        since timestamptz NOT NULL,
        CONSTRAINT pk_suppressions PRIMARY KEY (store_id, address)
    )
    """,
)


def upgrade() -> None:
    """Make the tables of the bus and of the service."""
    for statement in (*BUS_TABLES_V1, *_TABLES):
        op.execute(statement)
