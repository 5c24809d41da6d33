"""What every handler needs to know of the installation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from routing.domain.demands import Demands
from routing.domain.escalation import Chain
from routing.domain.offers import Offering
from routing.domain.promises import Promises
from routing.domain.urgency import HIGH_VALUES
from shared.contracts.base import StoreId
from shared.contracts.routing import Family
from shared.errors import Refused
from shared.stores import Store, Stores


class NotNow(Refused):
    """It does not fit how things stand, which may have changed since the caller looked."""


@dataclass(frozen=True)
class Rules:
    """Stores, promises, how agents are asked, how long after its end a conversation goes on.

    `demands` are the skills that conversations need by what they are.
    `chain` is whom a broken promise is brought before, `has_on_call` whether its end is called.
    `high_values` are the totals, in minor units by currency, from which on an order presses; by a
    store's id, for its own orders, in its own currency.
    `heartbeat` is how long ago a console may have been heard of to count as there; it is to be
    heard of every `beat_every`.
    """

    stores: Stores
    promises: Promises
    reopen_within: timedelta
    offering: Offering = field(default_factory=Offering)
    chain: Chain = field(default_factory=Chain)
    has_on_call: bool = False
    high_values: Mapping[str, int] = field(default_factory=lambda: HIGH_VALUES)
    heartbeat: timedelta = timedelta(seconds=60)
    beat_every: timedelta = timedelta(seconds=20)
    demands: Demands = field(default_factory=Demands)

    def store(self, store_id: StoreId) -> Store | None:
        """The store; None when the file knows it no more."""
        return self.stores.stores.get(store_id)

    def high_values_of(self, store_id: StoreId) -> Mapping[str, int]:
        """From which total on an order of a store presses, in minor units by currency."""
        store, own = self.store(store_id), self.high_values.get(store_id)
        if store is None or own is None:
            return self.high_values
        return {**self.high_values, store.currency: own}


TEAM = "team"
"""What whoever keeps a copy of the team is woken by: somebody changed, or says how he stands."""
DESKS = "desks"
"""What the worker is woken by that looks after who left, whose shift ends, what is snoozed."""


def pool(store_id: StoreId, family: Family) -> str:
    """What a pool's dispatcher is woken by."""
    return f"pool/{store_id}/{family}"
