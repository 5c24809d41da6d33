"""One process that dispatches, ends offers and speaks of promises, until it is killed.

Beside the dispatchers that keep to the lease runs one that does not: it drains pools under whatever
epoch the lease has, as a process does that was deposed and does not know it.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

from routing.domain.offers import Offering
from routing.domain.promises import Promise, Promises
from routing.domain.score import Weights
from routing.domain.team import FAMILIES
from routing.handlers.rules import Rules
from routing.store.claims import Deposed
from routing.workers.dispatcher import Dispatcher, Dispatching
from routing.workers.offers import expiring
from routing.workers.promises import promising
from routing.workers.roster import Roster
from shared import testing
from shared.contracts.base import StoreId
from shared.db import Database, is_unavailable
from shared.stores import Stores

STORES = (StoreId("norte"), StoreId("levante"))
OFFERING = Offering(False, dict.fromkeys(FAMILIES, timedelta(seconds=1)), timedelta(seconds=1))
SWEEP = timedelta(milliseconds=500)


def rules() -> Rules:
    """What all processes of the run go by; promises are short, so that they break."""
    promises = Promises(dict.fromkeys(FAMILIES, Promise(timedelta(seconds=5))))
    return Rules(Stores({}), promises, timedelta(days=7), OFFERING)


def run(url: str, seed: int) -> None:
    """Work until killed."""
    asyncio.run(_run(url, random.Random(seed)))


async def _run(url: str, chance: random.Random) -> None:
    async with testing.opened_database(url, "routing") as db:
        roster, stop = Roster(), asyncio.Event()
        dispatching = Dispatching(
            db, STORES, roster, Weights(), sweep=SWEEP, batch=20, offering=OFFERING
        )
        async with asyncio.TaskGroup() as group:
            for part in (
                roster.refreshing(db, SWEEP),
                dispatching.run,
                expiring(db, rules(), SWEEP),
                promising(db, rules(), SWEEP),
            ):
                group.create_task(part(stop))
            group.create_task(_heedless(db, STORES, roster, chance))


async def _heedless(
    db: Database, stores: Sequence[StoreId], roster: Roster, chance: random.Random
) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        one = Dispatcher(
            db,
            chance.choice(stores),
            chance.choice(FAMILIES),
            roster,
            Weights(),
            10,
            offering=OFFERING,
        )
        try:
            leases = await testing.rows(
                db,
                "SELECT epoch FROM leases WHERE store_id = :store AND family = :family",
                store=one.store_id,
                family=one.family,
            )
            if leases:
                await one.drain(leases[0]["epoch"])
        except Deposed:
            continue
        except Exception as why:
            if not is_unavailable(why):
                raise
