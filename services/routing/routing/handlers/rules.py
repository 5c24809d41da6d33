"""What every handler needs to know of the installation."""

from dataclasses import dataclass
from datetime import timedelta

from routing.domain.promises import Promises
from shared.contracts.base import StoreId
from shared.contracts.routing import Family
from shared.stores import Store, Stores


@dataclass(frozen=True)
class Rules:
    """Stores, promises, and how long after its end a conversation is taken up again."""

    stores: Stores
    promises: Promises
    reopen_within: timedelta

    def store(self, store_id: StoreId) -> Store | None:
        """The store; None when the file knows it no more."""
        return self.stores.stores.get(store_id)


def pool(store_id: StoreId, family: Family) -> str:
    """What a pool's dispatcher is woken by."""
    return f"pool/{store_id}/{family}"
