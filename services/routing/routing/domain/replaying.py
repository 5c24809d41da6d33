"""Decides a log again and tells what comes out differently, or why each came out so."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from routing.domain.decide import Decision
from routing.domain.record import Given, again, given, read_record, read_team
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from routing.domain.waits import Wait, Waited


class _Line(msgspec.Struct):
    record: msgspec.Raw
    team: msgspec.Raw


def line(record: str, team: str) -> bytes:
    """A batch as one line of JSON."""
    raw = _Line(msgspec.Raw(record.encode()), msgspec.Raw(team.encode()))
    return msgspec.json.encode(raw) + b"\n"


def explained(one: Waiting, decision: Decision) -> bytes:
    """Why somebody got a conversation, or nobody, as JSON, with the terms of all candidates.

    Without an agent it is of all conversations that share the look; `beside` tells of the other
    steps that were looked at in vain.
    """
    found = {
        "conversation_id": one.conversation_id,
        "agent_id": decision.agent_id,
        "score": decision.score,
        "explanation": decision.explained(),
    }
    return msgspec.json.encode(
        found if decision.agent_id is not None else {**found, "beside": decision.beside}
    )


def parsed(text: bytes) -> tuple[bytes, bytes]:
    """Record and team of a `line`. Raises `msgspec.MsgspecError`."""
    found = msgspec.json.decode(text, type=_Line)
    return bytes(found.record), bytes(found.team)


@dataclass
class Replayed:
    """What was decided again so far; a difference is one sentence."""

    batches: int = 0
    decisions: int = 0
    waits: int = 0
    differences: list[str] = field(default_factory=list)
    _team: tuple[str | bytes, Sequence[Agent]] = ("", ())

    def batch(self, record: str | bytes, team: str | bytes) -> list[tuple[Waiting, Decision]]:
        """Decide one batch again; returns what is decided today.

        After what somebody gets comes what nobody does, if why is in the log.
        Raises `msgspec.MsgspecError` for what is no batch.
        """
        if self._team[0] != team:
            self._team = team, read_team(team)
        was = read_record(record)
        batch = again(was, self._team[1])
        stuck = tuple(sorted(batch.stuck))
        self.batches += 1
        self.decisions += len(was.given)
        self.waits += len(was.waits)
        before = {each.conversation_id: each for each in was.given}
        after = {each.conversation_id: each for each in given(batch.taken)}
        at = was.decided_at.isoformat()
        for key in {**before, **after}:
            if before.get(key) != after.get(key):
                self.differences.append(
                    f"{at} {key}: {_told(before.get(key))}, now {_told(after.get(key))}"
                )
        if was.stuck != stuck:
            self.differences.append(f"{at} waiting: {list(was.stuck)}, now {list(stuck)}")
        waits = [
            Wait(each.look, *batch.stuck[each.look]) for each in was.waits if each.look in stuck
        ]
        are_now = {each.look: each for each in waits}
        for each in was.waits:
            now = are_now.get(each.look)
            if now is None or each not in (now.waited, now.waited_of_old):
                told = _waited(None if now is None else now.waited)
                self.differences.append(
                    f"{at} why {each.look!r} waits: {_waited(each)}, now {told}"
                )
        return [*batch.taken, *((each.waiting, each.decision) for each in waits)]

    def summary(self) -> str:
        """The last lines."""
        waits = f"{self.waits} reasons to wait found again\n" if self.waits else ""
        return (
            f"{waits}{self.decisions} decisions in {self.batches} batches decided again, "
            f"{len(self.differences)} differences"
        )


def _told(one: Given | None) -> str:
    return "nobody" if one is None else f"{one.agent_id} ({one.step}, {one.score})"


def _waited(one: Waited | None) -> str:
    return "somebody has it" if one is None else f"{one.step} ({one.digest})"
