"""What one delivery at a front door comes down to, whoever brought it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from intake.domain.contacts import Contact
from intake.domain.orders import OrderNews
from shared.contracts.base import AccountId, Channel, NotificationId, StoreId, ThreadId
from shared.contracts.intake import MessageReceived, MessageStatusChanged


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A customer's message.

    `event` has version 0 until the thread's row gives one. `claims` are threads that our own signed
    tokens in it name, the surest first: the first that this store has is taken, else the event's.
    """

    event: MessageReceived
    contact: Contact
    text: str = field(repr=False)
    """The whole of it; the event's may be cut."""
    original: str | None = field(default=None, repr=False)
    """All of a mail, with the earlier mails under it; None where `text` is all."""
    html: str | None = field(default=None, repr=False)
    """A mail's HTML, sanitised."""
    claims: tuple[ThreadId, ...] = ()
    answers: str | None = None
    """The vendor's id of the message that it answers, where the customer pointed at one."""
    remote: tuple["RemoteFile", ...] = ()
    """Files that lie with the vendor yet."""
    uploaded: tuple[UUID, ...] = ()
    """Files that were laid down before, by id; each attachment has its own."""
    local: tuple["LocalFile", ...] = field(default=(), repr=False)
    """Files that lie in the delivery itself."""


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file that the vendor has for us, to be fetched outside the request.

    `reference` is the vendor's id of it, or its address where `is_url`; it is that of the event's
    attachment number `index`, counted from 0.
    """

    index: int
    reference: str = field(repr=False)
    is_url: bool = False


@dataclass(frozen=True)
class LocalFile:
    """A file within the delivery, that of the event's attachment number `index`; from 0.

    `octets` decodes it: not before somebody wants it.
    """

    index: int
    octets: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class StatusNews:
    """What became of a message of ours. `contact` is the thread's other end, where it has one."""

    event: MessageStatusChanged
    status_id: UUID
    contact: Contact | None = None


LEFT_MAILS = "mails"
"""What those who fetch mails are woken by."""


@dataclass(frozen=True, kw_only=True)
class LeftMail:
    """A mail that its service tells of and keeps, to be fetched outside the request.

    Channel and account are the service's; `reference` is what its API knows the mail by. `sender`
    is the envelope's, None where only the mail itself tells it; of `recipients` there may be none.
    `stand_in` is a mail (RFC 5322) of all that was told: for people to see if the mail itself is
    never to be had.
    """

    store_id: StoreId
    channel: Channel
    account_id: AccountId
    reference: tuple[str, ...] = field(repr=False)
    sender: str | None = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    stand_in: bytes = field(repr=False)
    contact: None = None


KnownKind = Literal["event", "auto-reply", "list", "feedback", "bounce", "status"]

Item = Inbound | StatusNews | OrderNews | LeftMail
"""Something to keep; all of them may name a `contact`."""


@dataclass(frozen=True)
class Known:
    """An entry that is understood and says nothing; `why` is a constant sentence.

    `kind` sorts it: `event`, or of mail `auto-reply`, `list`, `feedback`, `bounce` or `status`.
    `unsaid` is what it tells of a message that is none of ours: believed of nobody, shown by
    `read`.
    """

    why: str
    kind: KnownKind = "event"
    unsaid: tuple[MessageStatusChanged, ...] = ()


@dataclass(frozen=True)
class Odd:
    """An entry that is not understood; `why` is a constant sentence."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All that was read in one delivery; `notes` tell in constant sentences what was repaired."""

    items: tuple[Item, ...] = ()
    known: tuple[Known, ...] = ()
    odd: tuple[Odd, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Item | Known | Odd], notes: Iterable[str] = ()) -> "Reading":
        """Sort the entries of a delivery. One without any is odd itself."""
        found = tuple(entries) or (_NOTHING,)
        return cls(
            items=tuple(each for each in found if not isinstance(each, Known | Odd)),
            known=tuple(each for each in found if isinstance(each, Known)),
            odd=tuple(each for each in found if isinstance(each, Odd)),
            notes=tuple(dict.fromkeys((*notes, *_of_texts(found)))),
        )

    @classmethod
    def all(cls, readings: Iterable["Reading"]) -> "Reading":
        """What several readings of one delivery's parts come to together."""
        found = tuple(readings)
        return cls(
            items=tuple(each for one in found for each in one.items),
            known=tuple(each for one in found for each in one.known),
            odd=tuple(each for one in found for each in one.odd) if found else (_NOTHING,),
            notes=tuple(dict.fromkeys(each for one in found for each in one.notes)),
        )


_NOTHING = Odd("nothing in it")


def _of_texts(entries: Iterable[Item | Known | Odd]) -> Iterator[str]:
    """What could not be said of messages as they were written."""
    for each in entries:
        if isinstance(each, Inbound):
            event = each.event
            if event.is_cut:
                yield "its text is longer than a message may be: the end of it is left out"
            said = (event.text, event.subject, event.sender_name)
            if any("\ufffd" in one for one in said if one):
                yield "some characters could not be read"


D = TypeVar("D")
A = TypeVar("A")


def _nobody(_: str) -> None:
    return None


def _no_mailbox(*_: object) -> Reading:
    return Reading.of([Odd("a mail to no mailbox of the store")])


def _left(mail: LeftMail) -> Reading:
    return Reading.of([mail])


@dataclass(frozen=True, kw_only=True)
class Came(Generic[D, A]):
    """A verified request at a front door: as it came, its body read, whose door, when.

    `sibling` gives another account of the same vendor, if this very request is authentic for it
    too: vendors let several accounts share one webhook. `read_mail` reads a mail that the vendor
    took in for the account's store: its octets (RFC 5322), the envelope's sender and recipients;
    `leave_mail` takes note of one that lies with the vendor yet.
    `notification` gives the notification whose mail has a Message-ID; None of a mail not ours.
    """

    delivery: D
    payload: object
    account: A
    at: datetime
    sibling: Callable[[str], A | None] = _nobody
    read_mail: Callable[[bytes, str, Sequence[str]], Reading] = _no_mailbox
    leave_mail: Callable[[LeftMail], Reading] = _left
    notification: Callable[[str], NotificationId | None] = _nobody


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A delivery as it came. `method` is the HTTP method, SMTP, or API where we asked."""

    raw_id: UUID
    received_at: datetime
    store_id: StoreId
    channel: str
    account_id: str
    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A delivery with what was read in it. `delivery_id` is the vendor's, the same at each retry.

    `raw` is None where the items hold all that came (live chat). `via` is whose the id is, channel
    and account, where that is not the account that the delivery is kept for.
    """

    channel: str
    raw: Raw | None
    reading: Reading
    delivery_id: str | None = None
    via: tuple[Channel, AccountId] | None = None
