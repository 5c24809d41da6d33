"""Mailboxes of others, by IMAP (RFC 3501, IDLE of RFC 2177). Blocking: for a thread of its own.

Nothing in the mailbox is changed: no mail is marked, moved or deleted.
"""

import imaplib
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, U
from imap_tools.errors import ImapToolsError, MailboxLoginError

from shared.errors import Refused, Unavailable
from shared.stores import MailAccount

_TIMEOUT = 30.0
"""Seconds that a server may take to answer a command."""
_TICK = 1.0
_AT_ONCE = 50
_OCTETS_AT_ONCE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Fetched:
    """A mail as it lies in the mailbox; `is_cut` where it was larger than is taken in."""

    uid: int
    arrived_at: datetime | None
    octets: bytes = field(repr=False)
    is_cut: bool


class Folder:
    """A mailbox's folder, logged in and selected."""

    def __init__(self, box: BaseMailBox) -> None:
        self._box = box
        self._client: Any = box.client  # for what imaplib has no public method of
        self.uid_validity = self._number("UIDVALIDITY")
        """With another one, all UIDs that were known mean nothing any more (RFC 3501 §2.3.1.1)."""
        self.uid_next = self._number("UIDNEXT")
        # Asked after the login: many servers tell strangers less.
        _, told = box.client.capability()
        self._has_idle = b"IDLE" in b" ".join(each or b"" for each in told).upper().split()

    def _number(self, code: str) -> int:
        found = self._box.client.untagged_responses.get(code) or [b"0"]
        last: Any = found[-1]
        return int(last)

    def after(self, uid: int) -> list[int]:
        """The UIDs above one, rising; none only when the server has told of nothing meanwhile.

        What it has told of with another answer it does not tell again in IDLE.
        """
        with _translated():
            while True:
                self._is_told()
                found = self._box.uids(AND(uid=U(str(uid + 1), "*")), charset=None)
                # RFC 3501 §6.4.8: `n:*` has the last mail in it whatever n is.
                new = sorted(each for each in map(int, found) if each > uid)
                if new or not self._is_told():
                    return new

    def _is_told(self) -> bool:
        """Whether the server has told of mail since this was asked last."""
        return self._box.client.untagged_responses.pop("EXISTS", None) is not None

    def since(self, day: date) -> list[int]:
        """The UIDs of mails that arrived on a day or later, by the server's own zone; rising."""
        with _translated():
            return sorted(map(int, self._box.uids(AND(date_gte=day), charset=None)))

    def fetch(self, uids: Sequence[int], most_octets: int) -> tuple[list[Fetched], int]:
        """The first of these mails, as many as are read at once; of a larger one `most_octets`.

        Returns the last UID that was asked for too: what was deleted meanwhile is not told.
        """
        with _translated():
            wanted = self._at_once(uids[:_AT_ONCE], most_octets)
            asked = f"RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{most_octets}>"
            found = [
                Fetched(uid, arrived_at, body, is_cut=size > most_octets)
                for uid, size, arrived_at, body in self._ask(wanted, asked)
            ]
        return sorted(found, key=lambda one: one.uid), wanted[-1]

    def _at_once(self, uids: Sequence[int], most_octets: int) -> Sequence[int]:
        """Those of the first mails that are not too large together; at least one."""
        if len(uids) == 1:
            return uids
        sizes = {uid: size for uid, size, _, _ in self._ask(uids, "RFC822.SIZE INTERNALDATE")}
        octets = 0
        for count, uid in enumerate(uids):
            octets += min(sizes.get(uid, 0), most_octets)
            if count and octets > _OCTETS_AT_ONCE:
                return uids[:count]
        return uids

    def _ask(
        self, uids: Sequence[int], items: str
    ) -> Iterator[tuple[int, int, datetime | None, bytes]]:
        status, data = self._box.client.uid("FETCH", ",".join(map(str, uids)), f"(UID {items})")
        if status != "OK":
            raise Unavailable("the mailbox gives no mail")
        for told, body in _answers(data):
            if (uid := _UID.search(told)) and (size := _SIZE.search(told)):
                yield int(uid[1]), int(size[1]), _arrived(told), body

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Return when the server tells of a change, or after `seconds`, or when `is_over`."""
        if not self._has_idle:
            _sleep(min(seconds, 10.0), is_over)
            with _translated():
                self._box.client.noop()
            return
        with _translated():
            tag = self._begin_idle()
            try:
                if not (self._is_told() or self._has_more()):
                    self._wait(seconds, is_over)
            finally:
                self._client.send(b"DONE\r\n")
                self._box.consume_until_tagged_response(tag)

    def _begin_idle(self) -> Any:
        """Return the command's tag once the server idles; it may tell of mail before that."""
        tag = self._client._command("IDLE")
        while self._client._get_response() is not None:
            if self._client.tagged_commands[tag]:
                raise Unavailable("the mail server does not idle")
        return tag

    def _has_more(self) -> bool:
        """Whether more came with the answer to IDLE, of which the socket tells no more."""
        socket_ = self._client.sock
        patience = socket_.gettimeout()
        socket_.settimeout(0)
        try:
            return bool(self._client.file.peek(1))
        except OSError:
            return False
        finally:
            socket_.settimeout(patience)

    def _wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Until something comes. It is read when IDLE has ended, for it may be half a line yet.

        imap-tools reads it at once, and takes the other half for a broken session.
        """
        coming = select.poll()
        coming.register(self._client.sock, select.POLLIN)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not is_over():
            if coming.poll(min(_TICK, left) * 1000):
                return


def _sleep(seconds: float, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_over():
        time.sleep(0.2)


_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)


def _answers(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """What is told of each mail, and its literal.

    imaplib gives a literal as a pair with what stands before it; what stands behind it follows.
    """
    told, literal = b"", b""
    for part in data:
        if isinstance(part, tuple):
            told, literal = part[0], part[1]
            continue
        yield told + b" " + (part or b""), literal
        told, literal = b"", b""


def _arrived(told: bytes) -> datetime | None:
    """When a mail arrived; None where the server tells no such day."""
    try:
        parts = imaplib.Internaldate2tuple(told)
        return datetime.fromtimestamp(time.mktime(parts), UTC) if parts else None
    except (LookupError, ValueError, OverflowError):
        return None


@contextmanager
def _translated() -> Iterator[None]:
    """The library's and the socket's errors, as the two words that are known above."""
    try:
        yield
    except MailboxLoginError as why:
        raise Refused("the mail server refuses the login") from why
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as why:
        raise Unavailable("the mail server") from why
    except (ValueError, LookupError, TypeError, AttributeError) as why:
        raise Unavailable("what the mail server says cannot be read") from why


@contextmanager
def opened(account: MailAccount) -> Iterator[Folder]:
    """Log in and select the account's folder. Raises `Unavailable`; `Refused` for a bad login."""
    if account.imap_host is None or account.imap_password is None:
        raise Refused("the account has no imap_host")
    with _translated():
        box = _box(account.imap_host, account.imap_port, account.imap_tls)
    try:
        with _translated():
            box.login(account.imap_username or account.address, account.imap_password[0], None)
            box.folder.set(account.imap_folder)
            box.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            folder = Folder(box)
        yield folder
    finally:
        with suppress(Exception):
            box.client.shutdown()


def _box(host: str, port: int, tls: str) -> BaseMailBox:
    # imaplib checks no certificate unless it is told to.
    if tls == "tls":
        context = ssl.create_default_context()
        return MailBox(host, port, timeout=_TIMEOUT, ssl_context=context)
    if tls == "starttls":
        context = ssl.create_default_context()
        return MailBoxStartTls(host, port, timeout=_TIMEOUT, ssl_context=context)
    return MailBoxUnencrypted(host, port, timeout=_TIMEOUT)
