"""Mails that a service only tells of, with the mail itself or its files left there.

The message is said at once, so that somebody sees that a customer wrote and about what; what lies
with the service stands in words for itself.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from intake.domain.items import Inbound, Reading, RemoteFile
from intake.domain.texts import line
from shared.contracts.intake import Attachment

_STAND_IN = "[the text of this mail lies with the mail service]"

FileTold = tuple[object, object, object, object]
"""Name, media type, octets and the service's id of a file."""


def waiting(reading: Reading, files: Iterable[FileTold] = ()) -> Reading:
    """The reading of a mail without text, with words in its place."""
    noted = replace(reading, notes=(*reading.notes, "the mail itself was not fetched"))
    return with_files(noted, files, stand_in=_STAND_IN)


def with_files(reading: Reading, files: Iterable[FileTold], stand_in: str = "") -> Reading:
    """The reading with files that lie with the service, in its one message, if it is one."""
    told = list(files)
    items = tuple(
        _with_files(item, told, stand_in) if isinstance(item, Inbound) else item
        for item in reading.items
    )
    notes = ("files were not fetched",) if told else ()
    return replace(reading, items=items, notes=(*reading.notes, *notes))


def _with_files(item: Inbound, told: list[FileTold], stand_in: str) -> Inbound:
    there = len(item.event.attachments)
    attachments, remote = [], []
    for n, (name, media_type, size, reference) in enumerate(told, start=there):
        octets = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0
        kind = line(media_type, 100) or "application/octet-stream"
        attachments.append(Attachment(name=line(name, 255), media_type=kind, size=octets))
        if known_as := line(reference, 2000):
            remote.append(RemoteFile(index=n, reference=known_as))
    # A mail of files alone has their names for its words, as any other.
    shown = stand_in or "\n".join(f"[{file.name}]" for file in attachments if file.name)
    event = msgspec.structs.replace(
        item.event,
        text=item.event.text or shown,
        attachments=(*item.event.attachments, *attachments),
    )
    return replace(item, event=event, text=item.text or shown, remote=(*item.remote, *remote))
