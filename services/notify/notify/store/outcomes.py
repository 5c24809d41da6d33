"""What became of an attempt."""

from datetime import datetime

from sqlalchemy import text

from notify.domain.events import Subject
from notify.domain.sending import Due
from shared.db import Transaction

# The agent's words and the route are not needed any more once the letter is out or given up.
_SENT = text(
    """
    UPDATE notifications SET state = 'sent', version = version + 1, external_id = :external_id,
        account_id = :account_id, language = :language, address = :address,
        sent_at = :now, why = NULL, text = NULL, route = NULL
    WHERE notification_id = :id AND state = 'sending'
    RETURNING version
    """
)

_LATER = text(
    """
    UPDATE notifications SET state = 'queued', due_at = :due_at, why = :why,
        account_id = :account_id, language = :language, address = :address,
        unknowns = unknowns + :unknowns
    WHERE notification_id = :id AND state = 'sending' AND attempts = :attempt
    """
)

_ENDED = text(
    """
    UPDATE notifications SET state = :state, version = version + 1, why = :why,
        account_id = :account_id, language = :language, ended_at = :now, text = NULL, route = NULL
    WHERE notification_id = :id AND state IN ('pending', 'queued', 'sending')
      AND attempts = :attempts
    RETURNING version
    """
)

_SUPPRESS = text(
    """
    INSERT INTO suppressions (store_id, address, contact_id, why, since)
    VALUES (:store_id, lower(:address), :contact_id, :why, :now)
    ON CONFLICT DO NOTHING
    """
)

_ALLOW = text("DELETE FROM suppressions WHERE store_id = :store_id AND address = lower(:address)")


async def sent(tx: Transaction, due: Due, external_id: str, *, now: datetime) -> int | None:
    """Record that it is out; the version of what is to be said, None when somebody else did.

    An attempt that outlived its lease counts too: the message is out whoever sent it.
    """
    row = (await tx.execute(_SENT, _given(due) | {"external_id": external_id, "now": now})).first()
    return row.version if row else None


async def later(tx: Transaction, due: Due, *, due_at: datetime, why: str, is_unknown: bool) -> None:
    """Record that this attempt failed and when the next one is due."""
    more = {"due_at": due_at, "why": why, "unknowns": int(is_unknown), "attempt": due.attempt}
    await tx.execute(_LATER, _given(due) | more)


async def ended(
    tx: Transaction, who: Subject, state: str, why: str, *, attempts: int, now: datetime
) -> int | None:
    """Record that it will not be sent (any more): state `failed` or `suppressed`.

    `attempts` is how many have been made; when others have made more since, nothing happens.
    """
    given = {
        "id": who.notification_id,
        "state": state,
        "why": why,
        "account_id": who.account_id,
        "language": who.language,
        "attempts": attempts,
        "now": now,
    }
    row = (await tx.execute(_ENDED, given)).first()
    return row.version if row else None


async def suppress(tx: Transaction, who: Subject, address: str, why: str, *, now: datetime) -> None:
    """Write no notice to this address again."""
    given = {
        "store_id": who.store_id,
        "address": address,
        "contact_id": who.contact_id,
        "why": why,
        "now": now,
    }
    await tx.execute(_SUPPRESS, given)


async def allow(tx: Transaction, store_id: str, address: str) -> bool:
    """Write to this address again; tells whether it was suppressed."""
    given = {"store_id": store_id, "address": address}
    return (await tx.execute(_ALLOW, given)).rowcount > 0


def _given(due: Due) -> dict[str, object]:
    return {
        "id": due.notification_id,
        "account_id": due.account_id,
        "language": due.language,
        "address": due.address.lower() if due.address else None,
    }
