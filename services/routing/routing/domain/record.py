"""A batch of decisions written down with all that it stood on, and decided again.

The team without its loads is written apart: it is the same for many batches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from routing.domain.decide import Batch, Decision, decide_batch
from routing.domain.free_days import FreeDays
from routing.domain.score import Weights
from routing.domain.shifts import Calendar, Difference, Shift
from routing.domain.steps import NEVER
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from routing.domain.waits import Waited
from shared.contracts.base import AgentId, ConversationId
from shared.contracts.routing import Family, Step


@dataclass(frozen=True)
class Given:
    """Who got a conversation, at which step and with which score."""

    conversation_id: ConversationId
    agent_id: AgentId
    step: Step
    score: float | None


@dataclass(frozen=True)
class Held:
    """What an agent held, in hundredths of a unit; of who held nothing there is none."""

    agent_id: AgentId
    load: int
    held: dict[Family, int]


@dataclass(frozen=True)
class Record:
    """One batch: what was asked, and what came of it. `stuck` are the looks for which none is.

    `waits` are those of them of which why is told with this batch: mostly it was before.
    """

    decided_at: datetime
    weights: Weights
    waiting: tuple[Waiting, ...]
    loads: tuple[Held, ...]
    given: tuple[Given, ...]
    stuck: tuple[str, ...]
    waits: tuple[Waited, ...] = ()


def record(  # noqa: PLR0913 - all that a batch is
    waiting: Sequence[Waiting],
    agents: Sequence[Agent],
    now: datetime,
    weights: Weights,
    taken: Sequence[tuple[Waiting, Decision]],
    stuck: Iterable[str],
    *,
    waits: Iterable[Waited] = (),
) -> Record:
    """What `decide_batch` was asked, and what came of it."""
    loads = [
        Held(each.agent_id, each.load, {of: units for of, units in each.held.items() if units})
        for each in agents
        if each.load
    ]
    came = given(taken), tuple(sorted(stuck)), tuple(waits)
    return Record(now, weights, tuple(waiting), tuple(loads), *came)


def again(was: Record, team: Sequence[Agent]) -> Batch:
    """What the code of today decides for the same batch among the same team."""
    loads = {each.agent_id: each for each in was.loads}
    agents = [
        agent.with_load(loads[agent.agent_id].load, loads[agent.agent_id].held)
        if agent.agent_id in loads
        else agent
        for agent in team
    ]
    return decide_batch(was.waiting, agents, was.decided_at, was.weights)


def given(taken: Sequence[tuple[Waiting, Decision]]) -> tuple[Given, ...]:
    """Who got what of a batch."""
    return tuple(
        Given(one.conversation_id, decision.agent_id, decision.step, decision.score)
        for one, decision in taken
        if decision.agent_id is not None
    )


def written(agent: Agent) -> bytes:
    """An agent as JSON, with nothing to hold."""
    return _encoder.encode(replace(agent, load=0, held={}))


def written_record(of: Record) -> str:
    """A record as JSON."""
    return _encoder.encode(of).decode()


def read_team(text: str | bytes) -> list[Agent]:
    """The agents of a JSON list of `written`. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(text, type=list[Agent], dec_hook=_decoded)


def read_record(text: str | bytes) -> Record:
    """The record of `written_record`. Raises `msgspec.MsgspecError`."""
    raw = msgspec.json.decode(text)
    weights = raw.get("weights") if isinstance(raw, dict) else None
    for name in ("timers", "mail_timers"):
        timers = weights.get(name) if isinstance(weights, dict) else None
        if isinstance(timers, dict):
            # JSON has no infinity: what is never taken was written as null.
            timers |= {step: NEVER for step, share in timers.items() if share is None}
    return msgspec.convert(raw, Record)


def _encoded(what: Any) -> Any:
    if isinstance(what, Calendar):
        return {
            "shifts": what.shifts,
            "time_zone": what.zone.key,
            "differences": what.differences,
            "free_days": what.free_days,
        }
    raise NotImplementedError


def _decoded(kind: type, what: Mapping[str, Any]) -> Any:
    if kind is Calendar:
        return Calendar(
            msgspec.convert(what["shifts"], list[Shift]),
            what["time_zone"],
            msgspec.convert(what["differences"], list[Difference]),
            msgspec.convert(what["free_days"], FreeDays | None),
        )
    raise NotImplementedError


_encoder = msgspec.json.Encoder(enc_hook=_encoded)
