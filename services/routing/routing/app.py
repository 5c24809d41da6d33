"""What routing is made of, and who answers what it hears."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from routing import api
from routing.clients import digest, read_demands, read_hours, read_promises, read_team, usual_hours
from routing.domain import intents
from routing.domain.clocks import Hours
from routing.domain.demands import Demands
from routing.domain.escalation import Chain
from routing.domain.offers import Offering
from routing.domain.promises import Promise, Promises
from routing.domain.score import Weights
from routing.domain.steps import Timers
from routing.domain.team import FAMILIES
from routing.domain.urgency import HIGH_VALUES
from routing.handlers import cases, messages, notifications, orders, parcels, team
from routing.handlers.rules import DESKS, Rules, pool
from routing.settings import Settings
from routing.workers.desks import Desks
from routing.workers.dispatcher import Dispatching
from routing.workers.offers import expiring
from routing.workers.on_call import calling
from routing.workers.promises import promising
from routing.workers.pulse import pulse
from routing.workers.roster import Roster
from routing.workers.upkeep import upkeep
from shared import clock, db, service
from shared.bus import Bus
from shared.contracts.base import Message, StoreId
from shared.contracts.intake import (
    MessageReceived,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentStalled,
)
from shared.contracts.notify import NotificationFailed
from shared.contracts.returns import ReturnRequested
from shared.contracts.routing import Family
from shared.db import Database
from shared.i18n import detectors
from shared.service import Part, Runtime
from shared.stores import BadFile, Stores

NAME = "routing"


def hears(rules: Rules) -> Mapping[type[Message], Any]:
    """Who answers which message."""
    on_message = partial(messages.on_message_received, rules=rules)
    on_order = partial(orders.on_order, rules=rules)
    on_alarm = partial(parcels.on_alarm, rules=rules)
    return {
        MessageReceived: on_message,
        OrderPlaced: on_order,
        OrderPaid: on_order,
        OrderShipped: on_order,
        OrderCancelled: on_order,
        OrderRefunded: on_order,
        ShipmentStalled: on_alarm,
        CustomsHeld: on_alarm,
        DeliveryFailed: on_alarm,
        ShipmentLost: on_alarm,
        ShipmentRecovered: parcels.on_shipment_recovered,
        ReturnRequested: partial(cases.on_return_requested, rules=rules),
        NotificationFailed: partial(notifications.on_notification_failed, rules=rules),
    }


def rules(settings: Settings, stores: Stores) -> Rules:
    """The installation's rules, from its settings."""
    promises = {
        Family.CHAT: Promise(settings.promise_chat),
        Family.MESSAGING: Promise(settings.promise_messaging),
        Family.MAIL: Promise(settings.promise_mail, in_business_hours=True),
    }
    path = settings.promises_file
    terms = read_promises(path, stores.stores) if path is not None else ()
    table = Promises(
        promises, settings.late_cap, terms, _hours(settings, stores), settings.due_soon_share
    )
    return Rules(
        stores,
        table,
        settings.reopen_within,
        _offering(settings),
        Chain(settings.escalate_after, settings.acknowledged_for),
        settings.on_call_url is not None,
        {**HIGH_VALUES, **_high_values(settings, stores)},
        heartbeat=settings.heartbeat_timeout,
        beat_every=settings.heartbeat_every,
        demands=_demands(settings, stores),
    )


def _high_values(settings: Settings, stores: Stores) -> Mapping[str, int]:
    strange = [
        f"ROUTING_HIGH_VALUES: {key} is neither a currency nor a store"
        for key in settings.high_values
        if key not in stores.stores and not re.fullmatch("[A-Z]{3}", key)
    ]
    if strange:
        raise BadFile(strange)
    return settings.high_values


def _calling(settings: Settings, db: Database) -> list[Part]:
    if settings.on_call_url is None:
        return []
    secret = settings.on_call_secret.get_secret_value()
    return [calling(db, settings.on_call_url, secret, settings.sweep)]


def _offering(settings: Settings) -> Offering:
    within = {
        Family.CHAT: settings.offer_chat,
        Family.MESSAGING: settings.offer_messaging,
        Family.MAIL: settings.offer_mail,
    }
    return Offering(settings.acceptance == "offer", within, settings.ask_again_after)


def _demands(settings: Settings, stores: Stores) -> Demands:
    path = settings.demands_file
    return Demands() if path is None else read_demands(path, stores.stores)


def _hours(settings: Settings, stores: Stores) -> Hours:
    if settings.hours_file is not None:
        return read_hours(settings.hours_file, stores.stores)
    return Hours(usual=usual_hours(stores.stores))


def weights(settings: Settings) -> Weights:
    """What each reason counts, from the settings."""
    timers = Timers(
        second_language=settings.second_language_after,
        english=settings.english_after,
        nearest=settings.nearest_after,
        any_translated=settings.any_translated_after,
        lead=settings.lead_after,
        last_call=settings.last_call_after,
        off_shift=settings.off_shift_until,
        own_first=settings.own_first_after,
    )
    return Weights(
        scarcity=settings.weight_scarcity,
        region=settings.weight_region,
        other_country=settings.other_country,
        time_zone=settings.weight_time_zone,
        shift_end=settings.weight_shift_end,
        occupancy=settings.weight_occupancy,
        fluency=settings.weight_fluency,
        closeness=settings.weight_closeness,
        lead=settings.weight_lead,
        known=settings.weight_known,
        shift_end_near=settings.shift_end_near,
        last_call=settings.last_call,
        kept_free=settings.kept_free,
        kept_share=settings.kept_share,
        min_level=settings.min_level,
        timers=timers,
        mail_timers=replace(
            timers,
            english=settings.mail_english_after,
            nearest=settings.mail_nearest_after,
            any_translated=settings.mail_any_translated_after,
            off_shift=settings.mail_off_shift_until,
            own_first=settings.mail_own_first_after,
        ),
    )


def buses(runtime: Runtime) -> list[Bus]:
    """What routing listens with."""
    settings = cast(Settings, runtime.settings)
    return [runtime.bus(hears(rules(settings, runtime.stores)))]


async def run(settings: Settings) -> None:
    """Read the team file, then listen, dispatch and serve until stopped."""
    # Half a second that no message shall wait for, and the words of those who write most.
    detectors.load()
    async with service.opened(NAME, settings) as runtime:
        stored = runtime.stores.stores.values()
        intents.load({language for store in stored for language in store.languages})
        roster = Roster(settings.heartbeat_timeout)
        stores = list(runtime.stores.stores)
        its = rules(settings, runtime.stores)
        await db.retried(lambda: _read_team(runtime, settings, roster), stop=runtime.stop)
        dispatching = Dispatching(
            runtime.db,
            stores,
            roster,
            weights(settings),
            sweep=settings.sweep,
            batch=settings.batch,
            offering=its.offering,
            legal={
                store_id: frozenset(store.agents_in)
                for store_id, store in runtime.stores.stores.items()
            },
        )
        desks = Desks(runtime.db, its, settings.shift_ending_before, settings.desks_sweep)
        await runtime.run(
            *(bus.run for bus in buses(runtime)),
            runtime.relay().run,
            dispatching.run,
            roster.refreshing(runtime.db, settings.sweep, tell=[DESKS, *_pools(stores)]),
            expiring(runtime.db, its, settings.sweep),
            promising(runtime.db, its, settings.sweep),
            *_calling(settings, runtime.db),
            desks.run,
            pulse(runtime.db, roster),
            upkeep(runtime.db, settings.keep_decisions),
            runtime.serve(api.app(runtime.db, its, runtime.callers, runtime.ready)),
        )


def _pools(stores: Sequence[StoreId]) -> list[str]:
    return [pool(store_id, family) for store_id in stores for family in FAMILIES]


async def _read_team(runtime: Runtime, settings: Settings, roster: Roster) -> None:
    if settings.team_file is not None:
        await team.install(
            runtime.db,
            read_team(settings.team_file, runtime.stores.stores),
            now=clock.now(),
            rules=rules(settings, runtime.stores),
            file_sha256=digest(settings.team_file),
        )
    async with runtime.db.transaction() as tx:
        await roster.refresh(tx)
