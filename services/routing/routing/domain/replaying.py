"""Decides a log again and tells what comes out differently."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from routing.domain.record import Given, again, read_record, read_team
from routing.domain.team import Agent


class _Line(msgspec.Struct):
    record: msgspec.Raw
    team: msgspec.Raw


def line(record: str, team: str) -> bytes:
    """A batch as one line of JSON."""
    raw = _Line(msgspec.Raw(record.encode()), msgspec.Raw(team.encode()))
    return msgspec.json.encode(raw) + b"\n"


def parsed(text: bytes) -> tuple[bytes, bytes]:
    """Record and team of a `line`. Raises `msgspec.MsgspecError`."""
    found = msgspec.json.decode(text, type=_Line)
    return bytes(found.record), bytes(found.team)


@dataclass
class Replayed:
    """What was decided again so far; a difference is one sentence."""

    batches: int = 0
    decisions: int = 0
    differences: list[str] = field(default_factory=list)
    _team: tuple[str | bytes, Sequence[Agent]] = ("", ())

    def batch(self, record: str | bytes, team: str | bytes) -> None:
        """Decide one batch again. Raises `msgspec.MsgspecError` for what is no batch."""
        if self._team[0] != team:
            self._team = team, read_team(team)
        was = read_record(record)
        given, stuck = again(was, self._team[1])
        self.batches += 1
        self.decisions += len(was.given)
        before = {each.conversation_id: each for each in was.given}
        after = {each.conversation_id: each for each in given}
        at = was.decided_at.isoformat()
        for key in {**before, **after}:
            if before.get(key) != after.get(key):
                self.differences.append(
                    f"{at} {key}: {_told(before.get(key))}, now {_told(after.get(key))}"
                )
        if was.stuck != stuck:
            self.differences.append(f"{at} waiting: {list(was.stuck)}, now {list(stuck)}")

    def summary(self) -> str:
        """The last line."""
        return (
            f"{self.decisions} decisions in {self.batches} batches decided again, "
            f"{len(self.differences)} differences"
        )


def _told(one: Given | None) -> str:
    return "nobody" if one is None else f"{one.agent_id} ({one.step}, {one.score})"
