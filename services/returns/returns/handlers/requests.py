"""One request to the API: who, when, in which stores, and whether it was answered before."""

from dataclasses import dataclass
from datetime import datetime

from returns.domain.cases import Doer
from returns.handlers.answers import InConflict
from returns.store import cases
from returns.store.cases import Answered
from shared.contracts.base import CaseId, StoreId
from shared.db import Transaction


@dataclass(frozen=True)
class Key:
    """A caller's idempotency key, and the fingerprint of what he asked with it."""

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Act:
    """Somebody asks for something at some time; `stores` are those he sees (`*`: all)."""

    doer: Doer
    stores: frozenset[str]
    at: datetime
    key: Key | None = None

    async def is_repeated(
        self, tx: Transaction, store_id: StoreId, case_id: CaseId
    ) -> CaseId | None:
        """Take the key; the case it was answered with, if it was answered before.

        Raises `InConflict` when it was used for something else.
        """
        if self.key is None:
            return None
        before = await cases.take_key(
            tx,
            store_id,
            caller=self.key.caller,
            key=self.key.key,
            new=Answered(case_id=case_id, fingerprint=self.key.fingerprint),
            at=self.at,
        )
        if before is None:
            return None
        if before.fingerprint != self.key.fingerprint:
            raise InConflict("the idempotency key was used for another request")
        return before.case_id
