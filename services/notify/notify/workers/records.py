"""What is written down after an attempt, and what is said."""

import random
from datetime import datetime

import structlog

from notify import metrics
from notify.domain.events import Subject, event
from notify.domain.sending import Due, Failed, Sent, pause
from notify.store import outcomes
from notify.workers.attempts import Done
from shared.bus import cause_of, say
from shared.contracts.base import Message
from shared.contracts.notify import NotificationFailed, NotificationSent, NotificationSuppressed
from shared.db import Transaction

log = structlog.get_logger()


async def write(tx: Transaction, done: Done, *, now: datetime) -> None:
    """Record one attempt and say what follows from it."""
    if isinstance(done.outcome, Sent):
        await _sent(tx, done.due, done.outcome, now)
    elif done.is_final:
        await _failed(tx, done.due, done.outcome, now)
    else:
        await outcomes.later(
            tx,
            done.due,
            due_at=now + pause(done.due.attempt, random.random()),  # noqa: S311 - jitter
            why=done.outcome.why,
            is_unknown=done.outcome.is_unknown,
        )


async def _sent(tx: Transaction, due: Due, sent: Sent, now: datetime) -> None:
    version = await outcomes.sent(tx, due, sent.external_id, now=now)
    if version is None:
        return
    told = event(
        NotificationSent,
        due,
        version=version,
        at=now,
        external_id=sent.external_id,
        is_repeat=due.is_repeat,
    )
    said = [told] if sent.command is None else [sent.command, told]
    await _say(tx, due, version, *said)


async def _failed(tx: Transaction, due: Due, failed: Failed, now: datetime) -> None:
    if failed.is_dead_address and due.address:
        await outcomes.suppress(tx, due, due.address, failed.why, now=now)
    await fail(tx, due, failed.why, attempts=due.attempt, now=now)


async def fail(tx: Transaction, who: Subject, why: str, *, attempts: int, now: datetime) -> None:
    """Record that it will not arrive, after so many attempts, and say so."""
    version = await outcomes.ended(tx, who, "failed", why, attempts=attempts, now=now)
    if version is None:
        return
    metrics.failed.labels(who.channel, who.template).inc()
    told = event(NotificationFailed, who, version=version, at=now, why=why)
    await _say(tx, who, version, told)


async def suppress(
    tx: Transaction, who: Subject, why: str, *, attempts: int, now: datetime
) -> None:
    """Record that it is not sent, on purpose, and say so."""
    version = await outcomes.ended(tx, who, "suppressed", why, attempts=attempts, now=now)
    if version is None:
        return
    metrics.suppressed.labels(who.template, why).inc()
    told = event(NotificationSuppressed, who, version=version, at=now, why=why)
    await _say(tx, who, version, told)


async def _say(tx: Transaction, who: Subject, version: int, *messages: Message) -> None:
    # One cause for each version: recorded again, the same would be said again.
    cause = cause_of("notification", who.notification_id, version)
    await say(tx, messages, cause=cause, correlation_id=who.correlation_id)


def count(done: Done, *, now: datetime) -> None:
    """Metrics and a log line of a recorded attempt."""
    due, outcome = done.due, done.outcome
    found = {"notification_id": str(due.notification_id), "channel": due.channel}
    if isinstance(outcome, Sent):
        metrics.sent.labels(due.channel, due.template).inc()
        metrics.flow.labels(due.template).observe((now - due.said_at).total_seconds())
        log.info("notification sent", **found, template=due.template, is_repeat=due.is_repeat)
    elif done.is_final:
        log.warning("notification failed", **found, template=due.template, why=outcome.why)
    else:
        metrics.retried.labels(due.channel).inc()
        log.warning("notification waits", **found, attempt=due.attempt, why=outcome.why)
