"""Our own mail addresses, with and without a token behind a plus sign."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from intake.channels.mail.marketplaces import Sellers
from shared.stores import MailAccount, Stores
from shared.tokens import Tokens


class Recipient(NamedTuple):
    """One of our mailboxes as it was addressed; `tag` is what stood behind the plus sign."""

    account: MailAccount
    tag: str


class Mailboxes:
    """The mailboxes of all mail accounts that are on."""

    def __init__(self, accounts: Iterable[MailAccount]) -> None:
        self._accounts: Mapping[str, MailAccount] = {one.address.lower(): one for one in accounts}

    @classmethod
    def of(cls, stores: Stores) -> "Mailboxes":
        """Those in the stores' file."""
        return cls(
            account
            for store in stores.stores.values()
            for account in store.accounts
            if isinstance(account, MailAccount) and account.off_because is None
        )

    def find(self, address: str) -> Recipient | None:
        """Whose address this is; None for a stranger's. Case does not count."""
        mailbox, _, domain = address.strip().lower().rpartition("@")
        name, _, tag = mailbox.partition("+")
        account = self._accounts.get(f"{name}@{domain}")
        return Recipient(account, tag) if account else None


class Envelope(NamedTuple):
    """What SMTP said of a mail, apart from the mail; `sender` is empty for a bounce's."""

    sender: str
    recipients: tuple[Recipient, ...]


class OurOwn(NamedTuple):
    """What tells our own mails, addresses and orders from others'."""

    mailboxes: Mailboxes
    tokens: Tokens
    sellers: Sellers = Sellers()

    @classmethod
    def of(cls, stores: Stores, tokens: Tokens) -> "OurOwn":
        """All that the stores' file has."""
        return cls(Mailboxes.of(stores), tokens, Sellers.of(stores))
