"""The promises file: what is promised to whom, as people write it down."""

import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from routing.domain.languages import team_language
from routing.domain.promises import Promise, Term
from shared import yaml_files
from shared.contracts.base import StoreId
from shared.contracts.routing import Family, Intent, Priority
from shared.stores.values import LanguageTag, slug

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _within(given: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", given):
        raise ValueError("write a number and s, m, h or d, such as 15m")
    return given


K = TypeVar("K", Family, Intent, Priority)


def known(given: K) -> K:
    """A member that may be written down. Raises `ValueError` for the one that stands for others."""
    if given.value == "unknown":
        raise ValueError("unknown is none of them")
    return given


class _Row(BaseModel):
    """One promise; what is left out fits everything."""

    model_config = ConfigDict(extra="forbid")

    within: Annotated[str, AfterValidator(_within)]
    business_hours: bool = False
    store: str | None = None
    channel: Annotated[str, slug(40)] | None = None
    family: Annotated[Family, AfterValidator(known)] | None = None
    language: LanguageTag | None = None
    priority: Annotated[Priority, AfterValidator(known)] | None = None

    def term(self) -> Term:
        within = timedelta(**{_UNITS[self.within[-1]]: int(self.within[:-1])})
        return Term(
            Promise(within, self.business_hours),
            store_id=self.store,
            channel=self.channel,
            family=self.family,
            language=team_language(self.language) if self.language else None,
            priority=self.priority,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    promises: tuple[_Row, ...] = Field(min_length=1)


def read_promises(path: Path, stores: Collection[StoreId]) -> tuple[Term, ...]:
    """Read the promises file. Raises `BadFile` with a line and a reason for each problem."""
    document = yaml_files.read(path)
    file = document.read_as(_File)
    problems = [
        (("promises", index, "store"), f"there is no store {row.store}")
        for index, row in enumerate(file.promises)
        if row.store is not None and row.store not in stores
    ]
    if problems:
        raise document.bad(problems)
    return tuple(row.term() for row in file.promises)
