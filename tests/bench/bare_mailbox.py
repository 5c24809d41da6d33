"""The floor of mail that is fetched: a client that idles and takes the octets, no more."""

import imaplib
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

PAUSE = 0.03
"""Seconds between two mails: 33 a second, where a busy shop has some a minute."""
_MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]+>)", re.MULTILINE)
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


def lay(port: int, login: tuple[str, str], mails: Sequence[bytes]) -> dict[str, float]:
    """Lay mails into the mailbox, a pause between; when each lay there, by its Message-ID."""
    laid: dict[str, float] = {}
    client = imaplib.IMAP4("127.0.0.1", port, timeout=30)
    with closing(client.sock):
        # imaplib sends a mail in two pieces, of which the second would wait for the first's answer.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(*login)
        for mail in mails:
            client.append("INBOX", "", "", mail)
            laid.update(dict.fromkeys(_names(mail), time.perf_counter()))
            time.sleep(PAUSE)
    return laid


def waited(port: int, login: tuple[str, str], mails: Sequence[bytes]) -> list[float]:
    """Seconds from a mail's lying in the mailbox until its octets are here."""
    seen: dict[str, float] = {}
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        client = _Client(connection)
        client.ask(f"LOGIN {login[0]} {login[1]}")
        client.ask("SELECT INBOX")
        there = client.count()
        following = threading.Thread(target=client.follow, args=(there, len(mails), seen))
        following.start()
        laid = lay(port, login, mails)
        following.join(30)
    return [max(0.0, seen[name] - at) for name, at in laid.items()]


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._lines.readline()

    def count(self) -> int:
        """How many mails lie there."""
        found = re.search(rb"MESSAGES (\d+)", b"".join(self.ask("STATUS INBOX (MESSAGES)")))
        return int(found[1]) if found else 0

    def follow(self, there: int, count: int, seen: dict[str, float]) -> None:
        """Idle, and fetch what is beyond those that were there, until so many were seen."""
        until = there + count
        while there < until:
            self._idle()
            for line in self.ask(f"FETCH {there + 1}:* (BODY.PEEK[])"):
                for name in _names(line):
                    seen.setdefault(name, time.perf_counter())
                    there += 1

    def ask(self, command: str) -> list[bytes]:
        """Everything that is answered; a literal counts as a line."""
        self._connection.sendall(f"a {command}\r\n".encode())
        return list(self._answer())

    def _answer(self) -> Iterator[bytes]:
        for line in self._lines:
            if literal := _LITERAL.search(line):
                yield self._lines.read(int(literal[1]))
            elif line.startswith(b"a "):
                return
            else:
                yield line

    def _idle(self) -> None:
        self._connection.sendall(b"a IDLE\r\n")
        while b" EXISTS" not in self._lines.readline():
            pass
        self._connection.sendall(b"DONE\r\n")
        list(self._answer())


def _names(mail: bytes) -> list[str]:
    return [found.decode() for found in _MESSAGE_ID.findall(mail)]
