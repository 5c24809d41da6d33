"""Orders: learnt under their row's lock, numbered, said; those named alone are to be asked for."""

from collections.abc import Sequence
from datetime import datetime

from intake.domain.orders import ERRANDS, OrderNews, events, learn
from intake.store import errands
from intake.store import orders as store
from intake.store.orders import Locked, OrderKey
from shared import db
from shared.bus import Said, cause_of
from shared.db import Transaction


async def keep(tx: Transaction, news: Sequence[OrderNews], at: datetime) -> list[Said]:
    """Learn the news in the order they came and return what can be said now and was not.

    The buyers are kept already.
    """
    if not news:
        return []
    before = await store.lock(tx, news, at)
    orders = dict(before)
    said: list[Said] = []
    for one in news:
        key = OrderKey(one.store_id, one.order_id)
        known = learn(orders[key].known, one)
        found, names = events(
            known, store_id=one.store_id, version=orders[key].version, received_at=at
        )
        said += [Said(event, cause_of("order", *key, event.version)) for event in found]
        orders[key] = Locked(
            known=known.having_said(names), version=orders[key].version + len(found)
        )
    await store.write(tx, orders, news)
    if wanted := [one for one in news if one.is_to_be_asked]:
        await errands.add(tx, wanted, at)
        db.wake(tx, ERRANDS)
    return said
