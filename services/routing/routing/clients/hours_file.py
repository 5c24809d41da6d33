"""The hours file: when which desk is open, as people write it down."""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from routing.clients.team_document import ShiftIn
from routing.domain.clocks import Clock, Desk, Hours, NeverOpen
from routing.domain.free_days import FreeDays, are_known
from routing.domain.shifts import Shift
from shared import yaml_files
from shared.contracts.base import StoreId
from shared.contracts.routing import Family
from shared.stores import Store
from shared.stores.values import CountryCode, ZoneName, slug

_OFFICE = (Shift(frozenset(range(5)), 9 * 60, 18 * 60),)
"""Monday to Friday, for a store of which the file says nothing."""


def _known(given: Family) -> Family:
    if given is Family.UNKNOWN:
        raise ValueError("unknown is none of them")
    return given


def _whole(given: ShiftIn) -> ShiftIn:
    if given.breaks:
        raise ValueError("openings have no breaks: write one opening before and one after")
    return given


class _HolidayRow(BaseModel):
    """Public holidays of a country and, where it has its own, of a part of it."""

    model_config = ConfigDict(extra="forbid")

    country: CountryCode | None = None
    subdivision: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def free_days(self) -> FreeDays:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError("a subdivision needs its country")
            return FreeDays("", self.opened, self.closed)
        of = f"{self.country}-{self.subdivision}" if self.subdivision else str(self.country)
        if not are_known(of):
            raise ValueError(f"the holidays of {of} are not known")
        return FreeDays(of, self.opened, self.closed)


class _Row(BaseModel):
    """One desk; what is left out fits everything."""

    model_config = ConfigDict(extra="forbid")

    stores: frozenset[Annotated[str, slug(40)]] = frozenset()
    regions: frozenset[CountryCode] = frozenset()
    families: frozenset[Annotated[Family, AfterValidator(_known)]] = frozenset()
    time_zone: ZoneName
    open: tuple[Annotated[ShiftIn, AfterValidator(_whole)], ...] = Field(min_length=1)
    holidays: _HolidayRow = _HolidayRow()

    def desk(self) -> Desk:
        openings = [each.shift() for each in self.open]
        clock = Clock(openings, self.time_zone, self.holidays.free_days())
        return Desk(clock, self.stores, self.regions, self.families)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hours: tuple[_Row, ...] = Field(min_length=1)


def usual_hours(stores: Mapping[StoreId, Store]) -> dict[str, Clock]:
    """Office hours on each store's own wall clock, with the public holidays of its market."""
    return {
        store_id: Clock(_OFFICE, store.time_zone, _of_market(store.market))
        for store_id, store in stores.items()
    }


def read_hours(path: Path, stores: Mapping[StoreId, Store]) -> Hours:
    """Read the hours file. Raises `BadFile` with a line and a reason for each problem."""
    document = yaml_files.read(path)
    file = document.read_as(_File)
    problems = [
        (("hours", index, "stores"), f"there is no store {store_id}")
        for index, row in enumerate(file.hours)
        for store_id in sorted(_strangers(row.stores, stores))
    ]
    desks = []
    for index, row in enumerate(file.hours):
        try:
            desks.append(row.desk())
        except NeverOpen as why:
            problems.append((("hours", index, "open"), str(why)))
        except ValueError as why:
            problems.append((("hours", index, "holidays"), str(why)))
    if problems:
        raise document.bad(problems)
    return Hours(desks, usual_hours(stores))


def _strangers(named: Collection[str], stores: Collection[StoreId]) -> set[str]:
    return set(named) - {str(store_id) for store_id in stores}


def _of_market(country: str) -> FreeDays:
    # There are countries whose holidays nobody has written down.
    return FreeDays(country if are_known(country) else "")
