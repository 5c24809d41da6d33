"""What is said of one case in one transaction: events, history and the row keep the same count."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from returns.domain.cases import Doer, Forbidden, Impossible, State, Step, move
from returns.domain.orders import OrderCopy
from returns.handlers.answers import InConflict, NotAllowed
from returns.store import cases
from returns.store.cases import Case, Entry
from shared.contracts.base import Message
from shared.contracts.returns import ReturnRequested
from shared.db import Transaction


@dataclass
class Telling:
    """A locked case and what is being said of it."""

    case: Case
    order: OrderCopy
    at: datetime
    messages: list[Message] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)

    def step(self, step: Step, doer: Doer, *, says: type[Any], **facts: Any) -> None:
        """Take a step and say so. Raises `InConflict` or `NotAllowed`."""
        after = self.after(step, doer)
        self.case = msgspec.structs.replace(self.case, state=after)
        self.tell(says, doer, **facts)

    def after(self, step: Step, doer: Doer) -> State:
        """The state after a step. Raises `InConflict` or `NotAllowed`."""
        match move(self.case.state, step, doer.role):
            case Impossible():
                raise InConflict(f"{step} is not possible while the case is {self.case.state}")
            case Forbidden(why):
                raise NotAllowed(why)
            case State() as after:
                return after

    def tell(self, says: type[Any], doer: Doer, **facts: Any) -> None:
        """Say an event of the case (a class of `contracts.returns`), with its next version."""
        case = msgspec.structs.replace(self.case, version=self.case.version + 1)
        self.case = case
        self.messages.append(
            says(
                occurred_at=case.requested_at if says is ReturnRequested else self.at,
                store_id=case.store_id,
                version=case.version,
                by=doer.by,
                case_id=case.case_id,
                order_id=case.order_id,
                order_number=self.order.number,
                contact_id=case.contact_id,
                country=case.country,
                language=case.language,
                **facts,
            )
        )
        self._entries.append(
            Entry(
                version=case.version,
                type=says.__name__,
                at=self.at,
                by=doer.by,
                state=case.state,
                detail=msgspec.to_builtins(facts),
            )
        )

    def know(self, **facts: Any) -> None:
        """Change what the case's row holds besides state and version."""
        self.case = msgspec.structs.replace(self.case, **facts)

    async def write(self, tx: Transaction) -> None:
        """Write the row and its history."""
        await cases.update(tx, self.case)
        await self.write_history(tx)

    async def write_history(self, tx: Transaction) -> None:
        """Write the history alone, for a row just inserted."""
        await cases.append(tx, self.case, self._entries)
