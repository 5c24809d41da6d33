"""Conversations, the team and its load, the facts that routing decides by."""

from alembic import op

from shared.bus.tables import BUS_TABLES_V1

revision = "0001"
down_revision = None

CONVERSATIONS = """
    CREATE TABLE conversations (
        store_id text NOT NULL,
        id uuid NOT NULL,
        opened_by text NOT NULL
            CONSTRAINT ck_conversations_opened_by CHECK (opened_by IN ('message', 'alarm', 'case')),
        channel text NOT NULL,
        family text NOT NULL
            CONSTRAINT ck_conversations_family CHECK (family IN ('mail', 'messaging', 'chat')),
        state text NOT NULL CONSTRAINT ck_conversations_state
            CHECK (state IN ('pending', 'queued', 'assigned', 'resolved')),
        version integer NOT NULL,
        epoch integer NOT NULL,
        flow_id uuid NOT NULL,
        opened_at timestamptz NOT NULL,
        thread_id uuid,
        shipment_id uuid,
        case_id uuid,
        order_id uuid,
        order_ids uuid[] NOT NULL,
        contact_id uuid,
        about_kind text,
        about_id text,
        language text,
        script text,
        language_confidence double precision,
        second_language text,
        region text,
        region_source text,
        time_zone text,
        skills text[] NOT NULL,
        signature text NOT NULL,
        reply_route jsonb,
        route_at timestamptz,
        asked_at timestamptz,
        answer_by timestamptz,
        first_from timestamptz,
        queued_at timestamptz,
        agent_id text,
        units integer NOT NULL,
        assigned_at timestamptz,
        known_agent_id text,
        first_answered_at timestamptz,
        resolved_at timestamptz,
        reopened_count integer NOT NULL,
        CONSTRAINT pk_conversations PRIMARY KEY (store_id, id),
        CONSTRAINT ck_conversations_agent CHECK ((state = 'assigned') = (agent_id IS NOT NULL)),
        CONSTRAINT ck_conversations_resolved
            CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
        CONSTRAINT ck_conversations_queued CHECK (
            state <> 'queued'
            OR (asked_at IS NOT NULL AND answer_by IS NOT NULL AND first_from IS NOT NULL)
        )
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)
"""

CONVERSATION_INDEXES = (
    """
    CREATE UNIQUE INDEX uq_conversations_open_thread ON conversations (store_id, thread_id)
        WHERE state <> 'resolved' AND thread_id IS NOT NULL
    """,
    """
    CREATE INDEX ix_conversations_thread ON conversations (store_id, thread_id, resolved_at)
        WHERE state = 'resolved' AND thread_id IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX uq_conversations_shipment ON conversations (store_id, shipment_id)
        WHERE shipment_id IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX uq_conversations_case ON conversations (store_id, case_id)
        WHERE case_id IS NOT NULL
    """,
    """
    CREATE INDEX ix_conversations_pending ON conversations (store_id, order_id)
        WHERE state = 'pending'
    """,
    """
    CREATE INDEX ix_conversations_queue ON conversations (store_id, family, answer_by, id)
        WHERE state = 'queued'
    """,
    """
    CREATE INDEX ix_conversations_first ON conversations (store_id, family, first_from, id)
        WHERE state = 'queued'
    """,
    "CREATE INDEX ix_conversations_agent ON conversations (agent_id) WHERE state = 'assigned'",
    """
    CREATE INDEX ix_conversations_contact ON conversations (store_id, contact_id)
        WHERE state <> 'resolved' AND contact_id IS NOT NULL
    """,
)

TEAM = (
    """
    CREATE TABLE agents (
        id text CONSTRAINT pk_agents PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL CONSTRAINT ck_agents_role CHECK (role IN ('agent', 'lead')),
        stores text[] NOT NULL,
        languages jsonb NOT NULL,
        skills text[] NOT NULL,
        country text NOT NULL,
        time_zone text NOT NULL,
        shifts jsonb NOT NULL,
        costs jsonb NOT NULL,
        changed_at timestamptz NOT NULL,
        retired_at timestamptz
    )
    """,
    # Narrow and apart from the agents, for it changes with every conversation. Hundredths of a
    # unit. A capacity that the team file lowers may lie under the load for a while.
    """
    CREATE TABLE agent_loads (
        agent_id text CONSTRAINT pk_agent_loads PRIMARY KEY,
        load integer NOT NULL DEFAULT 0,
        mail integer NOT NULL DEFAULT 0,
        messaging integer NOT NULL DEFAULT 0,
        chat integer NOT NULL DEFAULT 0,
        capacity integer NOT NULL,
        mail_capacity integer NOT NULL,
        messaging_capacity integer NOT NULL,
        chat_capacity integer NOT NULL,
        CONSTRAINT ck_agent_loads_load CHECK (load >= 0),
        CONSTRAINT ck_agent_loads_families CHECK (
            mail >= 0 AND messaging >= 0 AND chat >= 0 AND load = mail + messaging + chat
        )
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)
    """,
    """
    CREATE TABLE load_changes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_load_changes PRIMARY KEY,
        at timestamptz NOT NULL,
        agent_id text NOT NULL,
        family text NOT NULL,
        delta integer NOT NULL,
        load_after integer NOT NULL CONSTRAINT ck_load_changes_load_after CHECK (load_after >= 0),
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        epoch integer NOT NULL
    )
    """,
    "CREATE INDEX ix_load_changes_agent_id ON load_changes (agent_id, id)",
    """
    CREATE TABLE leases (
        store_id text NOT NULL,
        family text NOT NULL,
        epoch bigint NOT NULL,
        holder text NOT NULL,
        taken_at timestamptz NOT NULL,
        CONSTRAINT pk_leases PRIMARY KEY (store_id, family)
    )
    """,
)

AROUND_CONVERSATIONS = (
    """
    CREATE TABLE offers (
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        epoch integer NOT NULL,
        agent_id text NOT NULL,
        family text NOT NULL,
        units integer NOT NULL,
        offered_at timestamptz NOT NULL,
        accepted_at timestamptz,
        ended_at timestamptz,
        why text,
        explanation json NOT NULL,
        CONSTRAINT pk_offers PRIMARY KEY (store_id, conversation_id, epoch)
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE UNIQUE INDEX uq_offers_live ON offers (store_id, conversation_id)
        WHERE ended_at IS NULL
    """,
    """
    CREATE TABLE replies (
        store_id text NOT NULL,
        id uuid NOT NULL,
        conversation_id uuid NOT NULL,
        contact_id uuid,
        agent_id text NOT NULL,
        text text NOT NULL,
        replied_at timestamptz NOT NULL,
        failed_at timestamptz,
        why_failed text,
        CONSTRAINT pk_replies PRIMARY KEY (store_id, id)
    )
    """,
    "CREATE INDEX ix_replies_conversation_id ON replies (store_id, conversation_id, replied_at)",
    """
    CREATE TABLE history (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_history PRIMARY KEY,
        store_id text NOT NULL,
        conversation_id uuid NOT NULL,
        at timestamptz NOT NULL,
        what text NOT NULL,
        by_kind text,
        by_id text,
        details jsonb NOT NULL
    )
    """,
    "CREATE INDEX ix_history_conversation_id ON history (store_id, conversation_id, id)",
    """
    CREATE TABLE requests (
        store_id text NOT NULL,
        actor_id text NOT NULL,
        idempotency_key text NOT NULL,
        fingerprint text NOT NULL,
        answer json,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_requests PRIMARY KEY (store_id, actor_id, idempotency_key)
    )
    """,
)

FACTS = (
    """
    CREATE TABLE order_facts (
        store_id text NOT NULL,
        order_id uuid NOT NULL,
        is_known boolean NOT NULL,
        version integer NOT NULL,
        number text,
        contact_id uuid,
        mail text,
        phone text,
        language text,
        country text,
        region text,
        placed_at timestamptz,
        CONSTRAINT pk_order_facts PRIMARY KEY (store_id, order_id)
    )
    """,
    "CREATE INDEX ix_order_facts_mail ON order_facts (store_id, mail) WHERE mail IS NOT NULL",
    "CREATE INDEX ix_order_facts_phone ON order_facts (store_id, phone) WHERE phone IS NOT NULL",
    """
    CREATE INDEX ix_order_facts_contact_id ON order_facts (store_id, contact_id)
        WHERE contact_id IS NOT NULL
    """,
    """
    CREATE TABLE contacts (
        store_id text NOT NULL,
        contact_id uuid NOT NULL,
        mail text,
        phone text,
        locale text,
        languages jsonb NOT NULL,
        last_agent_id text,
        seen_at timestamptz NOT NULL,
        CONSTRAINT pk_contacts PRIMARY KEY (store_id, contact_id)
    )
    """,
    "CREATE INDEX ix_contacts_mail ON contacts (store_id, mail) WHERE mail IS NOT NULL",
    "CREATE INDEX ix_contacts_phone ON contacts (store_id, phone) WHERE phone IS NOT NULL",
)


def upgrade() -> None:
    """Make every table."""
    for statement in (
        *BUS_TABLES_V1,
        CONVERSATIONS,
        *CONVERSATION_INDEXES,
        *TEAM,
        *AROUND_CONVERSATIONS,
        *FACTS,
    ):
        op.execute(statement)
