"""What a dispatcher has told of why work waits, so that only what is new is worked out and told.

Rounds are many a second, and each finds again that nobody can take what waits. The reasons hold for
all that share a look, so there are as many as kinds of work, however much waits; of each they are
worked out when it is first met, when other steps are reached, and once in a while.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing.domain.decide import Decision
from routing.domain.saying_waits import wait_explained
from routing.domain.score import Weights
from routing.domain.waiting import Waiting
from routing.domain.waits import AGAIN, Wait
from routing.store import waits
from shared.bus import Said, cause_of, outbox
from shared.contracts.base import StoreId
from shared.contracts.routing import Family, Step
from shared.db import Transaction

_AT_ONCE = 20
_A_SECOND = timedelta(seconds=1)
_MANY = 10_000


@dataclass(slots=True)
class _Told:
    steps: tuple[Step, ...]
    at: datetime
    digest: str


@dataclass
class Waits:
    """Of one pool. A second works out no more than 20 looks, half of them for the first time.

    What is left comes up again in the next.
    """

    _told: dict[str, _Told] = field(default_factory=dict)
    _second: datetime | None = None
    _left: int = _AT_ONCE

    def due(self, stuck: Mapping[str, tuple[Waiting, Decision]], now: datetime) -> list[Wait]:
        """The looks of which is to be kept why nobody has them."""
        if self._second is None or now - self._second >= _A_SECOND or now < self._second:
            self._second, self._left = now, _AT_ONCE
        found = []
        for look, (one, decision) in stuck.items():
            told = self._told.get(look)
            if told is None:
                is_due, kept_free = True, 0
            else:
                past = now - told.at
                is_other = past >= _A_SECOND and told.steps != _steps(decision)
                is_due, kept_free = past >= AGAIN or is_other, _AT_ONCE // 2
            if is_due and self._left > kept_free:
                self._left -= 1
                found.append(Wait(look, one, decision))
        return found

    def new(self, due: Sequence[Wait]) -> list[Wait]:
        """Those of them of which why is not known to be told already."""
        return [
            each
            for each in due
            if (told := self._told.get(each.look)) is None or told.digest != each.digest
        ]

    def committed(self, due: Sequence[Wait], now: datetime) -> None:
        """What was due is kept."""
        if len(self._told) > _MANY:
            self._told.clear()
        for each in due:
            self._told[each.look] = _Told(_steps(each.decision), now, each.digest)


async def tell(
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    due: Sequence[Wait],
    weights: Weights,
    now: datetime,
) -> None:
    """Keep why these wait, and say it where it is another than before."""
    if not due:
        return
    timers = weights.timers_of(family)
    versions = await waits.keep(tx, store_id, family, due, timers, now)
    said = []
    for each in due:
        version = versions.get(each.look)
        if version is not None:
            cause = cause_of("wait", store_id, family, each.look, version, now)
            said.append(Said(wait_explained(each, version, timers, now), cause))
    await outbox.put(tx, said)


def _steps(decision: Decision) -> tuple[Step, ...]:
    return (decision.step, *decision.tried)
