"""The steps of the search for an agent, and when each is reached.

From the customer's language to his second one, to English with a translation, to a language near
his own, to any language with a translation, to a lead. A step is reached when its share of the
promise is used up; a step that nobody on shift could serve is left at once, or, where there is
time, when it is clear that nobody comes. Only any language always waits for its share: it is the
one step that no customer asks for and every agent could serve.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from routing.domain.languages import ENGLISH
from routing.domain.neighbours import neighbours
from routing.domain.waiting import Waiting
from shared.contracts.routing import Step

STEPS = (
    Step.LANGUAGE,
    Step.SECOND_LANGUAGE,
    Step.ENGLISH_TRANSLATED,
    Step.NEAREST_LANGUAGE,
    Step.ANY_TRANSLATED,
    Step.LEAD,
)
NEVER = float("inf")
"""The share of a step that is not to be taken at all."""
_OWN = (Step.LANGUAGE, Step.SECOND_LANGUAGE)
_TENTHS = tuple(n / 10 for n in range(1, 11))
Tongues = tuple[tuple[str, float], ...]
"""The languages that an answer may be written in, each with its closeness to the one wanted."""


@dataclass(frozen=True)
class Timers:
    """From which share of the promise on each step is looked at beside those before it.

    `NEVER` is a step that is not taken; any language is not, unless it is said when: logs from
    before that step say nothing of it. From `last_call` on a conversation is given to agents who
    are about to go as well. Until `off_shift` a step is waited for whose people are only not on
    shift. What is in an agent's own language goes before every fallback from `own_first` on, and
    by its turn before that.
    """

    second_language: float = 0.0
    english: float = 0.0
    nearest: float = 0.0
    any_translated: float = NEVER
    lead: float = 0.9
    last_call: float = 0.5
    off_shift: float = 0.0
    own_first: float = 0.0

    @cached_property
    def shares(self) -> Mapping[Step, float]:
        """The shares by step."""
        return {
            Step.LANGUAGE: 0.0,
            Step.SECOND_LANGUAGE: self.second_language,
            Step.ENGLISH_TRANSLATED: self.english,
            Step.NEAREST_LANGUAGE: self.nearest,
            Step.ANY_TRANSLATED: self.any_translated,
            Step.LEAD: self.lead,
        }

    @cached_property
    def marks(self) -> tuple[float, ...]:
        """The shares at which more is looked at than before, least first.

        A fallback is one tenth more pressing at each tenth (`calm`).
        """
        others = self.last_call, self.off_shift, self.own_first
        fallbacks = self.english, self.nearest, self.any_translated, self.lead
        tenths = () if min(fallbacks) == NEVER else _TENTHS
        every = (*self.shares.values(), *others, *tenths)
        return tuple(sorted({share for share in every if 0.0 < share < NEVER}))


MAIL = Timers(english=0.9, nearest=0.9, own_first=0.8)
"""A mail has hours: it waits for its own language, and others go on with theirs meanwhile."""


def used(waiting: Waiting, now: datetime) -> float:
    """Which share of its promise a conversation has waited at `now` (aware); 0 at the least."""
    promise = waiting.answer_by - waiting.asked_at
    if promise <= timedelta(0):
        return float("inf")
    return max(0.0, (now - waiting.asked_at) / promise)


def calm(waiting: Waiting, now: datetime) -> float:
    """How little a fallback presses: 1 when it is asked, less by each tenth of its promise.

    What is late has lost that race and presses no more, until it has waited for too long.
    """
    if waiting.is_crisis or now >= waiting.first_from:
        return 0.0
    if now > waiting.answer_by:
        return 1.0
    return 1.0 - bisect_right(_TENTHS, used(waiting, now)) / len(_TENTHS)


def mark(waiting: Waiting, now: datetime, timers: Timers) -> int:
    """How many of the timers' marks are reached."""
    share = used(waiting, now)
    return sum(each <= share for each in timers.marks)


def look(waiting: Waiting, now: datetime, timers: Timers) -> str:
    """What conversations of a pool share for which the same agents are looked at: see `signature`.

    It begins with the mark, for agents who come into question only later.
    """
    return f"{mark(waiting, now, timers)}|{waiting.signature}"


@lru_cache(maxsize=4096)
def steps(language: str | None, second: str | None) -> Sequence[tuple[Step, Tongues]]:
    """The steps that say something new for a customer of these languages, in order.

    >>> [step.value for step, _ in steps("da", "en")]
    ['language', 'second_language', 'nearest_language', 'any_translated', 'lead']
    """
    asked: set[str] = set()
    found: list[tuple[Step, Tongues]] = []
    near = tuple(neighbours(language).items()) if language is not None else ()
    for step, tongues in (
        (Step.LANGUAGE, _alone(language)),
        (Step.SECOND_LANGUAGE, _alone(second)),
        (Step.ENGLISH_TRANSLATED, _alone(ENGLISH)),
        (Step.NEAREST_LANGUAGE, near),
    ):
        new = tuple((tag, closeness) for tag, closeness in tongues if tag not in asked)
        if new:
            asked.update(tag for tag, _ in new)
            found.append((step, new))
    if language is not None:
        found.append((Step.ANY_TRANSLATED, _alone(language)))
    return (*found, (Step.LEAD, _alone(language)))


def in_order(waiting: Waiting) -> Sequence[tuple[Step, Tongues]]:
    """The steps of a conversation as they are looked at: a crisis goes to a lead first."""
    found = steps(waiting.language, waiting.second_language)
    return (found[-1], *found[:-1]) if waiting.is_crisis else found


def is_fallback(waiting: Waiting, step: Step) -> bool:
    """Whether a step is neither in a language of the customer nor the first there is."""
    return step not in _OWN and step is not in_order(waiting)[0][0]


def _alone(language: str | None) -> Tongues:
    return () if language is None else ((language, 1.0),)
