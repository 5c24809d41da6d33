"""Why work waits: found for a look (`steps.look`), and the same for all that share it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec

from routing.domain.decide import Decision
from routing.domain.steps import STEPS, Timers
from routing.domain.waiting import Waiting
from shared.contracts.routing import Explanation, Step, Tried

AGAIN = timedelta(seconds=20)
"""After which reasons are worked out again, if there still is nobody: people come and go."""
HELD = timedelta(seconds=30)
"""For how long reasons count as such after they were found."""


@dataclass(frozen=True)
class Waited:
    """Why a look had nobody, as it goes into the log: where, and the digest of all reasons."""

    look: str
    step: Step
    digest: str


@dataclass(frozen=True)
class Wait:
    """A look for which nobody can be found, the first conversation that was asked, and why."""

    look: str
    waiting: Waiting
    decision: Decision

    @property
    def mark(self) -> int:
        """How many of the timers' marks were reached."""
        return int(self.look.partition("|")[0])

    @property
    def signature(self) -> str:
        """What the look has in common with those of other marks."""
        return self.look.partition("|")[2]

    @cached_property
    def why(self) -> bytes:
        """All reasons as JSON: the `explanation`, and `beside` it the other steps in vain."""
        return self._told(self.decision.explanation)

    @cached_property
    def digest(self) -> str:
        """The same for the same reasons, whatever the look."""
        return _digest(self.why)

    @property
    def waited(self) -> Waited:
        """As it goes into the log."""
        return Waited(self.look, self.decision.step, self.digest)

    @property
    def waited_of_old(self) -> Waited:
        """As logs have it from when steps were told as skipped that were not looked at."""
        why = self._told(self.decision.explanation_of_old)
        return Waited(self.look, self.decision.step, _digest(why))

    def _told(self, explanation: Explanation) -> bytes:
        return msgspec.json.encode({"explanation": explanation, "beside": self.decision.beside})


def _digest(why: bytes) -> str:
    return blake2b(why, digest_size=16).hexdigest()


def used_between(mark: int, timers: Timers) -> tuple[float, float | None]:
    """From which share of the promise on so many marks are reached, and until which.

    >>> used_between(1, Timers(english=0.5, nearest=0.5))
    (0.1, 0.2)
    >>> used_between(99, Timers())
    (1.0, None)
    """
    marks = timers.marks
    mark = min(mark, len(marks))
    since = marks[mark - 1] if mark else 0.0
    return since, marks[mark] if mark < len(marks) else None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why one kind of work waits, as it was found from `since` until `as_of` at the least.

    It holds for those of which `used_from` of the promise and less than `used_until` is used up.
    """

    since: datetime
    as_of: datetime
    used_from: float
    used_until: float | None
    digest: str
    explanation: Explanation
    beside: tuple[Tried, ...]

    @property
    def why(self) -> dict[str, dict[str, int]]:
        """For each step that was looked at, in order: how many cannot have it, by reason."""
        steps = {each.step: each.rejected for each in self.beside}
        steps[self.explanation.step] = self.explanation.rejected
        return {
            step.value: {why: len(who) for why, who in steps[step].items()}
            for step in STEPS
            if step in steps
        }

    def told(self) -> dict[str, Any]:
        """As it is shown."""
        shown = {
            "since": self.since,
            "as_of": self.as_of,
            "why": self.why,
            "explanation": self.explanation,
            "beside": self.beside,
        }
        found: dict[str, Any] = msgspec.to_builtins(shown)
        return found


@dataclass(frozen=True)
class Spell:
    """For how long one reason kept a conversation waiting; the last one goes on."""

    since: datetime
    reason: Reason

    def told(self) -> dict[str, Any]:
        """As it is shown, from when on it held for this conversation."""
        return {**self.reason.told(), "since": self.since.isoformat()}


def story(
    reasons: Iterable[Reason],
    *,
    queued_at: datetime,
    asked_at: datetime,
    answer_by: datetime,
    now: datetime,
) -> Sequence[Spell]:
    """Why a conversation has waited since `queued_at`, and does at `now`, oldest first.

    A reason counts for `HELD` after it was found the last time. What goes on for the same reasons
    at the next mark is one spell.
    """
    promise = max(answer_by - asked_at, timedelta(0))
    found: list[Spell] = []
    for each in sorted(reasons, key=lambda one: (one.used_from, one.since)):
        begin = max(queued_at, each.since, asked_at + each.used_from * promise)
        end = each.as_of + HELD
        if each.used_until is not None:
            end = min(end, asked_at + each.used_until * promise)
        if begin >= end or begin > now:
            continue
        if found and found[-1].reason.digest == each.digest:
            found[-1] = Spell(found[-1].since, each)
        else:
            found.append(Spell(begin, each))
    return found
