"""The tables that the bus needs in every service's schema."""

BUS_TABLES_V1 = (
    """
    CREATE TABLE inbox (
        consumer text NOT NULL,
        id uuid NOT NULL,
        heard_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_inbox PRIMARY KEY (id, consumer)
    )
    """,
    "CREATE INDEX ix_inbox_heard_at ON inbox USING brin (heard_at)",
    """
    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
        event_id uuid NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        type text NOT NULL,
        store_id text NOT NULL,
        cause_id uuid NOT NULL,
        correlation_id uuid NOT NULL,
        said_at timestamptz NOT NULL,
        body bytea NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)
    """,
    """
    CREATE TABLE outbox_dead (
        id bigint CONSTRAINT pk_outbox_dead PRIMARY KEY,
        event_id uuid NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        type text NOT NULL,
        store_id text NOT NULL,
        cause_id uuid NOT NULL,
        correlation_id uuid NOT NULL,
        said_at timestamptz NOT NULL,
        body bytea NOT NULL,
        why text NOT NULL,
        refused_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE dead_letters (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_dead_letters PRIMARY KEY,
        consumer text NOT NULL,
        kind text NOT NULL
            CONSTRAINT ck_dead_letters_kind CHECK (kind IN ('refused', 'undecodable', 'bug')),
        why text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        key bytea,
        headers jsonb NOT NULL,
        body bytea,
        set_aside_at timestamptz NOT NULL DEFAULT now(),
        replayed_at timestamptz,
        CONSTRAINT uq_dead_letters_origin UNIQUE (consumer, topic, partition, "offset")
    )
    """,
)
