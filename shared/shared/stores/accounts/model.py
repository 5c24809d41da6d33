"""What every account has."""

from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from shared.contracts.base import AccountId, Channel, StoreId
from shared.stores.secret import Secret
from shared.yaml_files import matching


class Account(BaseModel):
    """What every account has. A field of type `Secret` without a value turns the account off."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    channel: str
    account_id: Annotated[
        AccountId, matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "give an id of A-Z a-z 0-9 . _ -")
    ]
    """How the vendor names the account; the end of its webhook's path."""
    max_requests_per_second: int = Field(default=2000, ge=1)
    """Requests at the account's front door that one process takes in any second; of webhooks it
    counts the authentic."""

    _store_id: StoreId = PrivateAttr(default=StoreId(""))

    @property
    def store_id(self) -> StoreId:
        """The store that has this account."""
        return self._store_id

    @property
    def channel_name(self) -> Channel:
        """`channel` as the contracts type it."""
        return Channel(self.channel)

    def secrets(self) -> dict[str, Secret]:
        """The secrets that the file gives this account, by field."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in fields if isinstance(value, Secret)}

    @cached_property
    def off_because(self) -> str | None:
        """Why the account is off, in one sentence; `None` when it is on."""
        missing = [
            f"{name} has no value in {' or '.join(map(str, secret.missing))}"
            for name, secret in self.secrets().items()
            if not secret
        ]
        return "; ".join(missing) or None
