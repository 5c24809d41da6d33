"""Carriers' webhooks: kept as they came, and said scan by scan, each once."""

from datetime import datetime

import structlog

from logistics_watch import metrics
from logistics_watch.carriers.aftership import webhook
from logistics_watch.carriers.aftership.webhook import Told
from logistics_watch.store import requests, scans
from shared.bus import Said
from shared.bus.outbox import put
from shared.db import Transaction
from shared.stores import AfterShipAccount
from shared.webhooks import Delivery

log = structlog.get_logger()

_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})


async def take_aftership(
    tx: Transaction, delivery: Delivery, account: AfterShipAccount, now: datetime
) -> None:
    """Keep a verified request and say the scans in it that are new.

    AfterShip repeats the whole history in every event; what `scans` knows is left out here, what is
    just on its way there is recognised by its message's id, which the scan itself determines.
    """
    headers = {name: value for name, value in delivery.headers.items() if name not in _NOT_KEPT}
    is_new = await requests.keep(
        tx,
        account=(account.store_id, account.channel, account.account_id),
        dedupe_key=webhook.dedupe_key(delivery),
        headers=headers,
        body=delivery.body,
        now=now,
    )
    if not is_new:
        metrics.webhook_events.labels("repeated").inc()
        return
    told = webhook.read(delivery, account, now)
    known = await scans.known(tx, told.scans)
    new = {key: scan for scan in told.scans if (key := scans.key_of(scan)) not in known}
    await put(tx, [Said(scan, key.cause) for key, scan in new.items()])
    _count(told, len(new))


def _count(told: Told, new: int) -> None:
    outcome = "understood" if told.is_update else "ignored"
    metrics.webhook_events.labels(outcome if told.is_understood else "not_understood").inc()
    metrics.webhook_scans.labels("new").inc(new)
    metrics.webhook_scans.labels("known").inc(len(told.scans) - new)
    metrics.webhook_scans.labels("not_understood").inc(told.odd)
    metrics.unknown_codes.labels("aftership").inc(told.unlisted)
    if not told.is_understood or told.odd or told.unlisted:
        log.warning("webhook not wholly understood", odd=told.odd, unlisted=told.unlisted)
