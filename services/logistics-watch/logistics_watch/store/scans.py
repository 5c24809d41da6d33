"""Scans as carriers told them, kept whether or not a shipment has their number yet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from logistics_watch.domain.parcel import Scan
from logistics_watch.store.numbers import NumberKey
from shared.bus import cause_of
from shared.contracts.logistics_watch import ExceptionKind, Milestone, ScanRecorded
from shared.db import Transaction


class ScanKey(NamedTuple):
    """What makes a scan the same one when it is told again."""

    store_id: str
    carrier: str
    number: str
    occurred_at: datetime
    code: str
    account_id: str

    @property
    def cause(self) -> UUID:
        """The cause of the scan's message: the same however often it is told."""
        return cause_of("scan", *self[:3], self.occurred_at.isoformat(), *self[4:])


def key_of(scan: ScanRecorded) -> ScanKey:
    """The identity of a scan."""
    return ScanKey(
        scan.store_id,
        scan.carrier,
        scan.number,
        scan.occurred_at.astimezone(UTC),
        scan.code or "",
        scan.account_id,
    )


def number_of(scan: ScanRecorded) -> NumberKey:
    """The number that was scanned."""
    return NumberKey(scan.store_id, scan.carrier, scan.number)


_KEEP = text(
    """
    INSERT INTO scans (
        store_id, carrier, number, occurred_at, code, account_id,
        milestone, exception_kind, description, location, country
    )
    SELECT * FROM unnest(
        cast(:store_ids AS text[]), cast(:carriers AS text[]), cast(:numbers AS text[]),
        cast(:times AS timestamptz[]), cast(:codes AS text[]), cast(:account_ids AS text[]),
        cast(:milestones AS text[]), cast(:kinds AS text[]), cast(:descriptions AS text[]),
        cast(:locations AS text[]), cast(:countries AS text[])
    ) AS scan (
        store_id, carrier, number, occurred_at, code, account_id,
        milestone, exception_kind, description, location, country
    )
    ON CONFLICT DO NOTHING
    RETURNING store_id, carrier, number, occurred_at, code, account_id
    """
)
_KNOWN = text(
    """
    SELECT store_id, carrier, number, occurred_at, code, account_id FROM scans
    WHERE store_id = :store_id AND carrier = :carrier AND number = :number
        AND occurred_at BETWEEN :first AND :last
    """
)
_OF_NUMBER = text(
    """
    SELECT occurred_at, code, milestone, exception_kind, description, location, country
    FROM scans
    WHERE store_id = :store_id AND carrier = :carrier AND number = :number
        AND occurred_at >= :since
    ORDER BY occurred_at
    """
)


async def keep(tx: Transaction, scans: Sequence[ScanRecorded]) -> set[ScanKey]:
    """Write scans down; return which of them were not known."""
    found = await tx.execute(
        _KEEP,
        {
            "store_ids": [scan.store_id for scan in scans],
            "carriers": [scan.carrier for scan in scans],
            "numbers": [scan.number for scan in scans],
            "times": [scan.occurred_at for scan in scans],
            "codes": [scan.code or "" for scan in scans],
            "account_ids": [scan.account_id for scan in scans],
            "milestones": [scan.milestone.value for scan in scans],
            "kinds": [scan.exception_kind and scan.exception_kind.value for scan in scans],
            "descriptions": [scan.description for scan in scans],
            "locations": [scan.location for scan in scans],
            "countries": [scan.country for scan in scans],
        },
    )
    return {ScanKey(*row) for row in found}


async def known(tx: Transaction, scans: Sequence[ScanRecorded]) -> set[ScanKey]:
    """Which scans of one number are known already."""
    if not scans:
        return set()
    times = [scan.occurred_at for scan in scans]
    found = await tx.execute(
        _KNOWN, {**number_of(scans[0])._asdict(), "first": min(times), "last": max(times)}
    )
    return {ScanKey(*row) for row in found}


async def of_number(tx: Transaction, key: NumberKey, since: datetime) -> list[Scan]:
    """The scans of a number from a time on, oldest first. The number's row must be locked."""
    found = await tx.execute(_OF_NUMBER, {**key._asdict(), "since": since})
    return [
        Scan(
            at=row.occurred_at,
            milestone=Milestone(row.milestone),
            exception_kind=row.exception_kind and ExceptionKind(row.exception_kind),
            location=row.location,
        )
        for row in found
    ]


async def history(tx: Transaction, key: NumberKey, since: datetime) -> list[dict[str, object]]:
    """The same for people to read, with the carrier's own words."""
    found = await tx.execute(_OF_NUMBER, {**key._asdict(), "since": since})
    return [dict(row) for row in found.mappings()]
