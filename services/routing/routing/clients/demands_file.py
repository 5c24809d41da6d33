"""The demands file: which skills which conversations need, as people write it down."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from routing.clients.promises_file import known
from routing.domain.demands import Demands, Row
from routing.domain.skills import is_demand
from shared import yaml_files
from shared.contracts.base import StoreId
from shared.contracts.routing import Family, Intent, Priority
from shared.stores.values import slug


def _need(given: str) -> str:
    if not is_demand(given):
        raise ValueError(
            "write a tag, or product:, intent: or language: and a name, and >=1 to >=5"
        )
    return given


class _Row(BaseModel):
    """What is left out fits everything."""

    model_config = ConfigDict(extra="forbid")

    needs: tuple[Annotated[str, AfterValidator(_need)], ...] = Field(min_length=1)
    store: str | None = None
    channel: Annotated[str, slug(40)] | None = None
    family: Annotated[Family, AfterValidator(known)] | None = None
    intent: Annotated[Intent, AfterValidator(known)] | None = None
    priority: Annotated[Priority, AfterValidator(known)] | None = None

    def row(self) -> Row:
        return Row(self.needs, self.store, self.channel, self.family, self.intent, self.priority)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    demands: tuple[_Row, ...] = Field(min_length=1)


def read_demands(path: Path, stores: Collection[StoreId]) -> Demands:
    """Read the demands file. Raises `BadFile` with a line and a reason for each problem."""
    document = yaml_files.read(path)
    file = document.read_as(_File)
    problems = [
        (("demands", index, "store"), f"there is no store {row.store}")
        for index, row in enumerate(file.demands)
        if row.store is not None and row.store not in stores
    ]
    if problems:
        raise document.bad(problems)
    return Demands(tuple(row.row() for row in file.demands))
