"""The team's versions, presence, days that differ, and conversations kept without counting."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    ALTER TABLE agents
        ADD COLUMN products jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN intents jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN counting text NOT NULL DEFAULT 'shift'
            CONSTRAINT ck_agents_counting CHECK (counting IN ('shift', 'heartbeat')),
        ADD COLUMN free_days text,
        ADD COLUMN version integer NOT NULL DEFAULT 1
    """,
    # One row: what belongs to the team as a whole. `revision` rises with every change of anything.
    """
    CREATE TABLE team (
        is_one boolean CONSTRAINT pk_team PRIMARY KEY DEFAULT true
            CONSTRAINT ck_team_is_one CHECK (is_one),
        revision integer NOT NULL,
        costs jsonb NOT NULL,
        free_days jsonb NOT NULL,
        file_sha256 text,
        changed_at timestamptz NOT NULL
    )
    """,
    "INSERT INTO team (revision, costs, free_days, changed_at) VALUES (0, '{}', '{}', now())",
    """
    CREATE TABLE team_changes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_team_changes PRIMARY KEY,
        revision integer NOT NULL,
        at timestamptz NOT NULL,
        what text NOT NULL,
        agent_id text,
        by_kind text NOT NULL,
        by_id text NOT NULL,
        details jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE differences (
        id uuid CONSTRAINT pk_differences PRIMARY KEY,
        agent_id text NOT NULL,
        kind text NOT NULL
            CONSTRAINT ck_differences_kind CHECK (kind IN ('off', 'given', 'extra', 'taken')),
        day date NOT NULL,
        shift jsonb,
        zone text,
        swap_id uuid,
        CONSTRAINT ck_differences_shift CHECK ((kind = 'off') = (shift IS NULL))
    )
    """,
    "CREATE INDEX ix_differences_agent_id ON differences (agent_id, day)",
    "CREATE INDEX ix_differences_swap_id ON differences (swap_id) WHERE swap_id IS NOT NULL",
    # Apart from the agents, for it changes with every heartbeat. `version` counts what is said of
    # the agent.
    """
    CREATE TABLE agent_presence (
        agent_id text CONSTRAINT pk_agent_presence PRIMARY KEY,
        said text NOT NULL DEFAULT 'available',
        said_at timestamptz,
        beat_at timestamptz,
        is_lost boolean NOT NULL DEFAULT false,
        version integer NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50)
    """,
    "INSERT INTO agent_presence (agent_id) SELECT id FROM agents",
    """
    CREATE TABLE shift_ends (
        agent_id text NOT NULL,
        ends_at timestamptz NOT NULL,
        CONSTRAINT pk_shift_ends PRIMARY KEY (agent_id, ends_at)
    )
    """,
    # Parked: an agent's, without counting, until the customer writes or the snooze is over.
    """
    ALTER TABLE conversations
        ADD COLUMN snoozed_until timestamptz,
        DROP CONSTRAINT ck_conversations_state,
        ADD CONSTRAINT ck_conversations_state CHECK
            (state IN ('pending', 'queued', 'offered', 'assigned', 'parked', 'resolved')),
        DROP CONSTRAINT ck_conversations_agent,
        ADD CONSTRAINT ck_conversations_agent
            CHECK ((state IN ('offered', 'assigned', 'parked')) = (agent_id IS NOT NULL)),
        ADD CONSTRAINT ck_conversations_snoozed CHECK (snoozed_until IS NULL OR state = 'parked')
    """,
    "CREATE INDEX ix_conversations_parked ON conversations (agent_id) WHERE state = 'parked'",
    """
    CREATE INDEX ix_conversations_snoozed ON conversations (snoozed_until)
        WHERE state = 'parked' AND snoozed_until IS NOT NULL
    """,
)


def upgrade() -> None:
    """Add it all; who is on the team stays so, present by his shifts."""
    for statement in STATEMENTS:
        op.execute(statement)
