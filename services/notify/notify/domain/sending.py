"""One attempt to send, what came of it, and when to try again."""

from datetime import datetime, timedelta

from msgspec import Struct

from notify.domain.events import Subject
from notify.domain.facts import Facts, Recipient
from notify.domain.kinds import KINDS, REPLY
from shared.contracts.base import ReplyRoute, ThreadId
from shared.contracts.intake import SendToChat

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
MOST_UNKNOWN = 5
"""Attempts whose outcome nobody knows, at most: each may be a copy that the customer has."""

YIELDS_AFTER = timedelta(minutes=1)
"""A notice that has waited so long steps back for a younger one that says more."""


class Due(Subject, frozen=True, kw_only=True):
    """A notification whose turn it is, with all that is needed to send it.

    `attempt` counts from 1, `unknowns` are the earlier ones whose outcome nobody knows. It was
    kept at `created_at` and could be sent since `queued_at`.
    """

    attempt: int
    unknowns: int
    occurred_at: datetime
    said_at: datetime
    created_at: datetime
    queued_at: datetime
    thread_id: ThreadId | None = None
    facts: Facts | None = None
    recipient: Recipient | None = None
    text: str | None = None
    route: ReplyRoute | None = None

    @property
    def is_repeat(self) -> bool:
        """Whether an earlier attempt may have brought it to the customer."""
        return self.unknowns > 0

    @property
    def is_reply(self) -> bool:
        """Whether it is an agent's own words."""
        return self.template == REPLY

    @property
    def address(self) -> str | None:
        """Where it goes on its channel."""
        if self.route is not None:
            return self.route.peer
        return self.recipient.mail if self.recipient else None


class Standing(Struct, frozen=True, kw_only=True):
    """What else is known at the moment a notification's turn comes.

    `is_settled`: its parcel has moved on or arrived since. `superseded_by`: state of a notice of
    the same parcel's arrival. `is_dead_address`: mail to this address came back for good.
    """

    is_settled: bool = False
    arrival: str | None = None
    is_dead_address: bool = False


def suppressed_because(
    due: Due, standing: Standing, *, now: datetime, late_after: timedelta
) -> str | None:
    """Why a notification whose turn it is must not go out, or None. Replies always go."""
    if due.is_reply:
        return None
    if not due.address:
        return "no_address"
    if standing.is_dead_address:
        return "address_bounces"
    if _is_superseded(due, standing, now):
        return "superseded"
    if KINDS[due.template].is_alarm and now - due.occurred_at > late_after:
        return "late"
    return None


def _is_superseded(due: Due, standing: Standing, now: datetime) -> bool:
    if standing.is_settled and (KINDS[due.template].is_alarm or due.template == "shipment_lost"):
        return True
    if due.template != "shipping_notice" or standing.arrival is None:
        return False
    waited = now - due.created_at > YIELDS_AFTER
    return standing.arrival in ("sent", "delivered") or waited


def failed_because(due: Due) -> str | None:
    """Why no further attempt is made at a notification whose turn it is, or None."""
    return "outcome_unknown" if due.unknowns >= MOST_UNKNOWN else None


class Sent(Struct, frozen=True, kw_only=True):
    """The next server or vendor took it. `command` is to be said where sending means saying it."""

    external_id: str
    command: SendToChat | None = None


class Failed(Struct, frozen=True, kw_only=True):
    """It was not taken, or nobody knows.

    `why` is a stable handle without personal data. `is_unknown` tells that the other side may have
    taken it all the same, `is_dead_address` that nobody is to write there again.
    """

    why: str
    is_permanent: bool = False
    is_unknown: bool = False
    is_dead_address: bool = False


Outcome = Sent | Failed


def pause(attempt: int, jitter: float) -> timedelta:
    """How long to wait after the attempt of this number; `jitter` is between 0 and 1.

    >>> [pause(attempt, 0.5).seconds for attempt in (1, 2, 3, 20)]
    [5, 10, 20, 1800]
    """
    doubled: int = 2 ** min(attempt - 1, 16)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE) * (0.5 + jitter)


def given_up(due: Due, failed: Failed, *, now: datetime, limit: timedelta) -> bool:
    """Tell whether to stop trying: it can never work, or `limit` has passed since it was queued."""
    return failed.is_permanent or now - due.queued_at > limit
