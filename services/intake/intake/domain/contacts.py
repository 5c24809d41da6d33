"""People, as their addresses show them."""

from dataclasses import dataclass, field, replace

from intake.domain import ids
from shared.contracts.base import ContactId, Language, StoreId


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person at one address of his; `identity` and `scope` as in `ids.contact_id`.

    `mail` is what a visitor of the live chat says his mail address is.
    """

    store_id: StoreId
    identity: str
    address: str = field(repr=False)
    scope: str = ""
    name: str | None = field(default=None, repr=False)
    locale: Language | None = None
    mail: str | None = field(default=None, repr=False)

    @property
    def contact_id(self) -> ContactId:
        """The same for everything he sends from this address."""
        return ids.contact_id(self.store_id, self.identity, self.scope, self.address)

    def or_else(self, name: str | None, locale: str | None, mail: str | None) -> "Contact":
        """The same person, with these where nothing is told of him."""
        return replace(
            self,
            name=self.name or name,
            locale=self.locale or locale,
            mail=self.mail or mail,
        )
