"""Orders as returns knows them, deliveries, cases with their history, refunds."""

from alembic import op

from shared.bus.tables import BUS_TABLES_V1

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE orders (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        version integer NOT NULL,
        channel text NOT NULL,
        account_id text NOT NULL,
        external_id text NOT NULL,
        number text NOT NULL,
        placed_at timestamptz NOT NULL,
        contact_id uuid,
        language text,
        country text,
        region text,
        currency text NOT NULL,
        shop_currency text NOT NULL,
        total bigint NOT NULL,
        shop_total bigint NOT NULL,
        captured bigint NOT NULL,
        lines jsonb NOT NULL,
        parcels jsonb NOT NULL,
        is_cancelled boolean NOT NULL,
        CONSTRAINT pk_orders PRIMARY KEY (store_id, order_id)
    )
    """,
    "CREATE INDEX ix_orders_number ON orders (store_id, number)",
    """
    CREATE TABLE order_refunds (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        external_refund_id text NOT NULL,
        amount bigint NOT NULL,
        refund_id uuid,
        noted_at timestamptz NOT NULL,
        CONSTRAINT pk_order_refunds PRIMARY KEY (store_id, order_id, external_refund_id)
    )
    """,
    """
    CREATE TABLE deliveries (
        store_id text NOT NULL,
        shipment_id uuid NOT NULL,
        order_id uuid NOT NULL,
        number text NOT NULL,
        delivered_at timestamptz NOT NULL,
        version integer NOT NULL,
        CONSTRAINT pk_deliveries PRIMARY KEY (store_id, shipment_id)
    )
    """,
    "CREATE INDEX ix_deliveries_order_id ON deliveries (store_id, order_id)",
    """
    CREATE TABLE cases (
        store_id text NOT NULL,
        case_id uuid NOT NULL,
        order_id uuid NOT NULL,
        contact_id uuid,
        version integer NOT NULL,
        state text NOT NULL CONSTRAINT ck_cases_state CHECK (state IN (
            'requested', 'authorised', 'declined', 'received', 'accepted', 'disputed',
            'refunding', 'closed')),
        reason text NOT NULL,
        requested_at timestamptz NOT NULL,
        country text,
        language text,
        time_zone text NOT NULL,
        why text,
        basis text,
        policy text,
        closes_at timestamptz,
        send_by timestamptz,
        refund_due timestamptz,
        buyer_pays_return boolean,
        refunds_delivery boolean NOT NULL DEFAULT false,
        grade text,
        inspected_by text,
        CONSTRAINT pk_cases PRIMARY KEY (store_id, case_id),
        CONSTRAINT fk_cases_order_id FOREIGN KEY (store_id, order_id) REFERENCES orders
    )
    """,
    "CREATE INDEX ix_cases_order_id ON cases (store_id, order_id)",
    "CREATE INDEX ix_cases_contact_id ON cases (store_id, contact_id)",
    """
    CREATE INDEX ix_cases_refund_due ON cases (refund_due)
        WHERE refund_due IS NOT NULL AND state NOT IN ('declined', 'closed')
    """,
    """
    CREATE TABLE case_lines (
        store_id text NOT NULL,
        case_id uuid NOT NULL,
        line_id text NOT NULL,
        quantity integer NOT NULL CONSTRAINT ck_case_lines_quantity CHECK (quantity > 0),
        CONSTRAINT pk_case_lines PRIMARY KEY (store_id, case_id, line_id),
        CONSTRAINT fk_case_lines_case_id FOREIGN KEY (store_id, case_id) REFERENCES cases
    )
    """,
    """
    CREATE TABLE case_events (
        store_id text NOT NULL,
        case_id uuid NOT NULL,
        version integer NOT NULL,
        type text NOT NULL,
        at timestamptz NOT NULL,
        by_kind text NOT NULL,
        by_id text NOT NULL,
        state text NOT NULL,
        detail jsonb NOT NULL,
        CONSTRAINT pk_case_events PRIMARY KEY (store_id, case_id, version),
        CONSTRAINT fk_case_events_case_id FOREIGN KEY (store_id, case_id) REFERENCES cases
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'case_events is append-only';
    END $$
    """,
    """
    CREATE TRIGGER case_events_append_only BEFORE UPDATE OR DELETE ON case_events
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE requests (
        store_id text NOT NULL,
        caller text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        case_id uuid NOT NULL,
        heard_at timestamptz NOT NULL,
        CONSTRAINT pk_requests PRIMARY KEY (store_id, caller, key)
    )
    """,
    """
    CREATE TABLE refunds (
        store_id text NOT NULL,
        refund_id uuid NOT NULL,
        case_id uuid NOT NULL,
        order_id uuid NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_refunds_amount CHECK (amount > 0),
        currency text NOT NULL,
        state text NOT NULL
            CONSTRAINT ck_refunds_state CHECK (state IN ('due', 'paid', 'failed')),
        due_at timestamptz NOT NULL,
        ordered_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        attempted_at timestamptz,
        plan jsonb,
        why text,
        external_refund_id text,
        paid_at timestamptz,
        CONSTRAINT pk_refunds PRIMARY KEY (store_id, refund_id),
        CONSTRAINT uq_refunds_case_id UNIQUE (store_id, case_id),
        CONSTRAINT fk_refunds_case_id FOREIGN KEY (store_id, case_id) REFERENCES cases
    )
    """,
    "CREATE INDEX ix_refunds_state_due_at ON refunds (state, due_at) WHERE state <> 'paid'",
    "CREATE INDEX ix_refunds_order_id ON refunds (store_id, order_id)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in (*BUS_TABLES_V1, *TABLES):
        op.execute(statement)
