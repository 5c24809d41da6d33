"""The chat sockets that are open in this process, and what they have been sent."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from intake import metrics
from intake.channels.chat import Kept, Refused, Said, Typing, Welcome, write_frame
from intake.domain.contacts import Contact
from intake.store.chat import Unseen
from intake.store.people import ThreadKey
from shared.stores import ChatAccount

_MOST_UNSENT = 1_000


class Visit:
    """One open socket of a visitor; frames wait in it until the network takes them."""

    def __init__(self, account: ChatAccount, thread: ThreadKey, contact: Contact) -> None:
        self.account = account
        self.thread = thread
        self.contact = contact
        self._unsent: asyncio.Queue[str | None] = asyncio.Queue(_MOST_UNSENT)
        self._told: set[UUID] = set()

    def send(self, frame: Welcome | Kept | Said | Typing | Refused) -> None:
        """Send a frame after those before it. A client that takes none is hung up on."""
        try:
            self._unsent.put_nowait(write_frame(frame))
        except asyncio.QueueFull:
            while not self._unsent.empty():
                self._unsent.get_nowait()
            self._unsent.put_nowait(None)

    def tell(self, unseen: Unseen) -> None:
        """Send an answer, once on this socket."""
        if unseen.notification_id not in self._told:
            self._told.add(unseen.notification_id)
            self.send(Said(unseen.notification_id, unseen.said_at, unseen.text))

    async def next(self) -> str | None:
        """The next frame to send; None when the socket is to be closed."""
        return await self._unsent.get()


class Visits:
    """All open sockets by thread; one visitor may have several."""

    def __init__(self) -> None:
        self._by_thread: dict[ThreadKey, list[Visit]] = {}

    def begin(self, visit: Visit) -> None:
        """From here on the visit is told what is said in its thread."""
        self._by_thread.setdefault(visit.thread, []).append(visit)
        metrics.chat_sockets.inc()

    def end(self, visit: Visit) -> None:
        """The socket is closed."""
        left = [one for one in self._by_thread[visit.thread] if one is not visit]
        if left:
            self._by_thread[visit.thread] = left
        else:
            del self._by_thread[visit.thread]
        metrics.chat_sockets.dec()

    def threads(self) -> list[ThreadKey]:
        """The threads that have a socket here."""
        return list(self._by_thread)

    def tell_typing(self, threads: Iterable[ThreadKey]) -> None:
        """Tell the sockets of these threads that somebody is writing to them."""
        for thread in threads:
            for visit in self._by_thread.get(thread, ()):
                visit.send(Typing())

    def tell(self, unseen: Iterable[Unseen]) -> None:
        """Send each answer to the sockets of its thread, in the order given."""
        for one in unseen:
            for visit in self._by_thread.get(one.thread, ()):
                visit.tell(one)
