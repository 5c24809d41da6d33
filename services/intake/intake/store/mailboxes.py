"""How far each mailbox of others has been read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.db import Transaction
from shared.stores import MailAccount


@dataclass(frozen=True)
class Position:
    """All mails with a UID up to `last_uid` are kept, as long as `uid_validity` stays the same.

    `arrived_at` is when the newest of them came to the mailbox.
    """

    uid_validity: int
    last_uid: int
    arrived_at: datetime


_READ = text(
    """
    SELECT uid_validity, last_uid, arrived_at FROM mailboxes
    WHERE store_id = :store_id AND account_id = :account_id AND folder = :folder
    """
)

# Never back: another process may be further.
_MOVE = text(
    """
    INSERT INTO mailboxes (store_id, account_id, folder, uid_validity, last_uid, arrived_at)
    VALUES (:store_id, :account_id, :folder, :uid_validity, :last_uid, :arrived_at)
    ON CONFLICT (store_id, account_id, folder) DO UPDATE SET
        uid_validity = excluded.uid_validity,
        last_uid = excluded.last_uid,
        arrived_at = excluded.arrived_at
    WHERE mailboxes.uid_validity <> excluded.uid_validity
        OR mailboxes.last_uid < excluded.last_uid
    """
)


async def position(tx: Transaction, account: MailAccount) -> Position | None:
    """How far the account's folder has been read; None of one never looked at."""
    row = (await tx.execute(_READ, _key(account))).one_or_none()
    return Position(row.uid_validity, row.last_uid, row.arrived_at) if row else None


async def move(tx: Transaction, account: MailAccount, to: Position) -> None:
    """Remember that everything up to here is kept."""
    await tx.execute(
        _MOVE,
        {
            **_key(account),
            "uid_validity": to.uid_validity,
            "last_uid": to.last_uid,
            "arrived_at": to.arrived_at,
        },
    )


def _key(account: MailAccount) -> dict[str, str]:
    return {
        "store_id": account.store_id,
        "account_id": account.account_id,
        "folder": account.imap_folder,
    }
