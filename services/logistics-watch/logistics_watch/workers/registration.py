"""Numbers are registered at the aggregator; what it answers is told as ShipmentRegistered."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from logistics_watch import metrics
from logistics_watch.carriers.aftership.client import AfterShip, Later, ToWatch
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.names import UNKNOWN
from logistics_watch.domain.shipment import registered
from logistics_watch.handlers.orders import catch_up, linked
from logistics_watch.settings import Settings
from logistics_watch.store import numbers, registrations, shipments
from logistics_watch.store.numbers import NumberKey
from logistics_watch.store.registrations import Registration
from logistics_watch.workers.pace import repeated
from shared import clock
from shared.bus import cause_of, say
from shared.db import Database
from shared.errors import Refused, Unavailable
from shared.stores import AfterShipAccount, Stores

log = structlog.get_logger()

_FIRST_PAUSE = 1.0


class Registrar:
    """Registers due numbers, several at once."""

    def __init__(
        self,
        *,
        db: Database,
        stores: Stores,
        aftership: AfterShip,
        sites: TrackingSites,
        settings: Settings,
    ) -> None:
        self._db = db
        self._stores = stores
        self._aftership = aftership
        self._sites = sites
        self._settings = settings
        # The lease outlives the slowest pair of calls, so that nobody else tries meanwhile.
        self._lease = settings.aggregator_timeout * 2 + timedelta(seconds=20)

    async def run(self, stop: asyncio.Event) -> None:
        """Register until `stop`."""
        await repeated(self.once, stop, self._db.on_wake(registrations.WAKE))

    async def once(self) -> datetime | None:
        """Register what is due; return when the next is due."""
        now = clock.now()
        async with self._db.transaction() as tx:
            claimed = await registrations.claim(
                tx, now, now + self._lease, self._settings.registration_slots
            )
        tried = await asyncio.gather(
            *(self._register(one) for one in claimed), return_exceptions=True
        )
        for failed in tried:
            if isinstance(failed, BaseException):
                raise failed
        async with self._db.transaction() as tx:
            metrics.registrations_waiting.set(await registrations.waiting(tx))
            return await registrations.next_due(tx)

    async def _register(self, one: Registration) -> None:
        account = self._account(one)
        if account is None:
            metrics.registrations.labels("refused").inc()
            await self._record(one, carrier=None, why="the store has no tracking account")
            return
        carrier = one.carrier if one.carrier != UNKNOWN else None
        wanted = ToWatch(one.number, carrier, one.order_id, one.buyer_country)
        try:
            watched = await self._aftership.register(account, wanted)
        except Refused as why:
            metrics.registrations.labels("refused").inc()
            await self._record(one, carrier=None, why=str(why))
        except Unavailable as why:
            await self._try_later(one, why)
        else:
            metrics.registrations.labels("watched" if watched.is_new else "existed").inc()
            await self._record(one, carrier=watched.carrier, why=None)

    def _account(self, one: Registration) -> AfterShipAccount | None:
        store = self._stores.stores.get(one.store_id)
        account = store.account("aftership") if store else None
        return account if isinstance(account, AfterShipAccount) else None

    async def _try_later(self, one: Registration, why: Unavailable) -> None:
        now = clock.now()
        if now - one.asked_at > self._settings.registration_gives_up:
            metrics.registrations.labels("given_up").inc()
            log.error("registration given up", shipment_id=one.shipment_id, why=str(why))
            await self._record(one, carrier=None, why=f"no answer in time ({why})")
            return
        metrics.registrations.labels("retried").inc()
        longest = self._settings.registration_longest_pause.total_seconds()
        pause = min(_FIRST_PAUSE * 2 ** min(one.attempts - 1, 20), longest)
        if isinstance(why, Later):
            pause = max(pause, min(why.seconds, longest))
        pause *= random.uniform(0.75, 1.25)  # noqa: S311 - so that many do not come back at once
        log.warning(
            "registration waits", shipment_id=one.shipment_id, why=str(why), attempts=one.attempts
        )
        async with self._db.transaction() as tx:
            await registrations.postpone(tx, one, now + timedelta(seconds=pause))

    async def _record(self, one: Registration, *, carrier: str | None, why: str | None) -> None:
        """Write the answer down and say it, unless somebody did so before or the order is off."""
        now, stalls = clock.now(), self._settings.stalls()
        key = NumberKey(one.store_id, carrier or one.carrier, one.number)
        async with self._db.transaction() as tx:
            await numbers.lock(tx, [key], now)
            shipment = await shipments.locked(tx, one.store_id, one.shipment_id)
            if shipment is None or not await registrations.done(tx, one.store_id, one.shipment_id):
                return
            is_renamed = shipment.carrier != key.carrier
            if is_renamed:
                # The aggregator knows better, and its webhooks will speak of that carrier.
                shipment = linked(replace(shipment, carrier=key.carrier), self._sites)
                await numbers.note_shipment(tx, key)
            shipment, event = registered(shipment, why=why, stalls=stalls, now=now)
            await shipments.save(tx, [shipment])
            told = await catch_up(tx, shipment, stalls=stalls, now=now) if is_renamed else ()
            cause = cause_of("registration", shipment.shipment_id)
            await say(tx, [event, *told], cause=cause)
