"""The log of decisions: a row for each batch, and one for each team that batches stood on."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import text

from routing.domain import record
from routing.domain.record import Record
from routing.domain.team import Agent
from shared.contracts.base import AgentId, ConversationId, StoreId
from shared.db import Transaction

INSERT = """
    INSERT INTO decisions (store_id, decided_at, digest, record)
    SELECT :store_id, cast(:now AS timestamptz), :digest, cast(:record AS json)
    WHERE :record IS NOT NULL
    """
"""For the statement that claims what was decided."""
_PUT = text(INSERT)
_PUT_TEAM = text(
    """
    INSERT INTO decision_teams (digest, team, used_at)
    VALUES (:digest, cast(:team AS json), :now)
    ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at
    """
)
_READ = text(
    """
    SELECT d.id, d.store_id, d.digest, cast(d.record AS text) AS record,
        cast(t.team AS text) AS team
    FROM decisions AS d JOIN decision_teams AS t USING (digest)
    WHERE d.id > :after AND d.decided_at >= :since
        AND (cast(:conversation AS uuid) IS NULL OR (d.store_id, d.decided_at) IN (
            SELECT store_id, offered_at FROM offers WHERE conversation_id = :conversation
            UNION
            SELECT w.store_id, w.decided_at
            FROM conversations AS c
            JOIN waits AS w ON w.store_id = c.store_id AND w.family = c.family
                AND md5(w.signature) = md5(c.signature) AND w.as_of >= c.opened_at
            WHERE c.id = :conversation
        ))
    ORDER BY d.id LIMIT 50
    """
)
_FORGET = text(
    """
    DELETE FROM decisions WHERE id IN (
        SELECT id FROM decisions WHERE decided_at < :before ORDER BY decided_at LIMIT 500
    )
    """
)
_FORGET_TEAMS = text("DELETE FROM decision_teams WHERE used_at < :before")
_SIGNATURE = text("SELECT signature FROM conversations WHERE id = :id")
_SAID_AGAIN = timedelta(hours=6)


@dataclass(frozen=True)
class Entry:
    """A batch as it goes into the log: the digest of its team, and its record as JSON."""

    digest: str
    record: str


@dataclass(frozen=True)
class Logged:
    """One row of the log with its team, as JSON."""

    store_id: StoreId
    record: str
    team: str


class Log:
    """Writes a process's batches. It remembers which teams are written already."""

    def __init__(self) -> None:
        self._written: dict[AgentId, tuple[object, bytes]] = {}
        self._teams: dict[str, datetime] = {}
        self._last: tuple[list[object], str, str] = [], "", ""

    async def entry(self, tx: Transaction, of: Record, agents: Sequence[Agent]) -> Entry:
        """A batch for `claims.claim` to write; its team, where it may not be there, is written."""
        digest, team = self._team(agents)
        said = self._teams.get(digest)
        if said is None or of.decided_at - said > _SAID_AGAIN:
            values = {"digest": digest, "team": team, "now": of.decided_at}
            await tx.execute(_PUT_TEAM, values)
        return Entry(digest, record.written_record(of))

    def committed(self, digest: str, at: datetime) -> None:
        """A team that `entry` wrote is there to stay, and needs not be written for a while."""
        if len(self._teams) > 1_000:
            self._teams.clear()
        said = self._teams.get(digest)
        if said is None or at - said > _SAID_AGAIN:
            self._teams[digest] = at

    def _team(self, agents: Sequence[Agent]) -> tuple[str, str]:
        """Digest and JSON of a team: mostly it is that of the last batch."""
        are_now: list[object] = [agent.apart_from_load for agent in agents]
        if not self._last[1] or self._last[0] != are_now:
            whole = b"[" + b",".join(self._agent(agent) for agent in agents) + b"]"
            digest = blake2b(whole, digest_size=16).hexdigest()
            self._last = are_now, digest, whole.decode()
        return self._last[1:]

    def _agent(self, agent: Agent) -> bytes:
        is_now = agent.apart_from_load
        known = self._written.get(agent.agent_id)
        if known is None or known[0] != is_now:
            known = self._written[agent.agent_id] = is_now, record.written(agent)
        return known[1]


async def put(tx: Transaction, store_id: StoreId, now: datetime, entry: Entry) -> None:
    """Write a batch of which nobody got anything."""
    values = {"digest": entry.digest, "record": entry.record}
    await tx.execute(_PUT, {"store_id": store_id, "now": now, **values})


async def signature(tx: Transaction, conversation_id: ConversationId) -> str | None:
    """What a conversation has in common with all that wait as it does or did."""
    found: str | None = await tx.scalar(_SIGNATURE, {"id": conversation_id})
    return found


async def read(
    tx: Transaction, since: datetime, conversation_id: ConversationId | None
) -> AsyncIterator[Logged]:
    """The batches since then, oldest first.

    Of one conversation, those in which it was given, or in which was found why its like waits.
    """
    after = 0
    while True:
        values = {"after": after, "since": since, "conversation": conversation_id}
        found = (await tx.execute(_READ, values)).all()
        for row in found:
            after = row.id
            yield Logged(row.store_id, row.record, row.team)
        if not found:
            return


async def forget(tx: Transaction, before: datetime) -> int:
    """Forget batches that are older, a few hundred at a time; returns how many.

    A team goes when it has not been used for longer than any batch is kept.
    """
    done = await tx.execute(_FORGET, {"before": before})
    await tx.execute(_FORGET_TEAMS, {"before": before - 2 * _SAID_AGAIN})
    return int(done.rowcount)
