"""Mails that a service only tells of, with the mail itself or its files left there.

The mail is fetched outside the request, and said when it is there. Where the account has nothing
to fetch it with, what was told is said at once, with words for what lies with the service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from intake.domain.composing import Fields, compose
from intake.domain.items import Came, Inbound, LeftMail, Reading, RemoteFile
from intake.domain.texts import line
from shared.contracts.intake import Attachment

_STAND_IN = "[the text of this mail lies with the mail service]"

FileTold = tuple[object, object, object, object]
"""Name, media type, octets and the service's id of a file."""


def stand_in(fields: Fields, file_names: Iterable[object] = ()) -> bytes:
    """A mail with these fields, and words in the place of its text."""
    names = (f"[{name}]" for each in file_names if (name := line(each, 255)))
    return compose(fields, ("\n".join((_STAND_IN, *names)), ""))


def left(
    came: Came[Any, Any],
    reference: Sequence[object],
    told: bytes,
    *,
    sender: str | None,
    recipients: Sequence[str] = (),
    is_to_be_had: bool,
) -> Reading:
    """A mail that lies with the service: to be fetched, or said as it was told.

    `reference` is what the service's API knows it by; without one of its parts it is not to be
    had. `told` is a mail of all that was told of it.
    """
    known_as = tuple(found for each in reference if (found := line(each, 2000)))
    if not is_to_be_had or len(known_as) < len(reference):
        return not_fetched(came.read_mail(told, sender or "unknown", recipients))
    account = came.account
    return came.leave_mail(
        LeftMail(
            store_id=account.store_id,
            channel=account.channel_name,
            account_id=account.account_id,
            reference=known_as,
            sender=sender if sender is None else line(sender, 320) or "",
            recipients=tuple(found for each in recipients[:100] if (found := line(each, 320))),
            stand_in=told,
        )
    )


def not_fetched(reading: Reading) -> Reading:
    """The reading of what was told of a mail."""
    return replace(reading, notes=(*reading.notes, "the mail itself was not fetched"))


def with_files(reading: Reading, files: Iterable[FileTold]) -> Reading:
    """The reading with files that lie with the service, in its one message, if it is one."""
    told = list(files)
    items = tuple(
        _with_files(item, told) if isinstance(item, Inbound) else item for item in reading.items
    )
    notes = ("files were not fetched",) if told else ()
    return replace(reading, items=items, notes=(*reading.notes, *notes))


def _with_files(item: Inbound, told: list[FileTold]) -> Inbound:
    there = len(item.event.attachments)
    attachments, remote = [], []
    for n, (name, media_type, size, reference) in enumerate(told, start=there):
        octets = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0
        kind = line(media_type, 100) or "application/octet-stream"
        attachments.append(Attachment(name=line(name, 255), media_type=kind, size=octets))
        if known_as := line(reference, 2000):
            remote.append(RemoteFile(index=n, reference=known_as))
    # A mail of files alone has their names for its words, as any other.
    shown = "\n".join(f"[{file.name}]" for file in attachments if file.name)
    event = msgspec.structs.replace(
        item.event,
        text=item.event.text or shown,
        attachments=(*item.event.attachments, *attachments),
    )
    return replace(item, event=event, text=item.text or shown, remote=(*item.remote, *remote))
