"""Live chat over WebSocket: one socket a visitor's page, any number of processes.

What is said to a visitor is a row before it is a frame. A process that is woken, or looks by itself
every few seconds, sends what its open sockets have not been sent; what was sent and not confirmed
comes again on the next socket, wherever that is.
"""

import asyncio
import math
from contextlib import suppress
from uuid import UUID, uuid4

import structlog
from fastapi import WebSocket
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect, WebSocketState

from intake.api.visits import Visit, Visits
from intake.channels import chat as frames
from intake.channels.chat import Hello, Kept, Refusal, Refused, Say, Seen, Typing, Welcome
from intake.domain.items import Arrival, Reading
from intake.handlers import chat as handlers
from intake.handlers.keeping import Keeper
from intake.settings import Settings
from intake.store import chat as store
from intake.store import files
from intake.store.people import ThreadKey
from shared import clock, rates
from shared.callers import Actor
from shared.contracts.base import NotificationId, StoreId, ThreadId
from shared.db import Database, is_unavailable
from shared.stores import ChatAccount, Stores
from shared.tokens import Tokens

log = structlog.get_logger()

_GREETING = 10.0
"""Seconds in which a client must say hello."""
_LOOKS_EVERY = 5.0
_MOST_REFUSED = 50
_POLICY = 1008
"""WebSocket close code for a client that does not keep to the rules (RFC 6455 §7.4.1)."""


class Chat:
    """The chat of all accounts."""

    def __init__(
        self, db: Database, stores: Stores, tokens: Tokens, keeper: Keeper, settings: Settings
    ) -> None:
        self._db = db
        self._stores = stores
        self._tokens = tokens
        self._keeper = keeper
        self._settings = settings
        self._visits = Visits()
        self._wake = db.on_wake(handlers.CHAT)
        self._wake_typing = db.on_wake(handlers.TYPING)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell open sockets what is new, until `stop`."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        stopping.add_done_callback(lambda _: self._wake_typing.set())
        typing = asyncio.create_task(self._tell_of_typing(stop))
        try:
            while not stop.is_set():
                await self._wake.wait(_LOOKS_EVERY)
                await self._tell_all()
        finally:
            stopping.cancel()
            self._wake_typing.set()
            await typing

    async def _tell_of_typing(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self._wake_typing.wait(60.0) or not (threads := self._visits.threads()):
                continue
            try:
                async with self._db.transaction() as tx:
                    found = await store.typing(tx, threads, "agent", clock.now())
            except Exception as why:
                if not is_unavailable(why):
                    raise
                continue
            self._visits.tell_typing(found)

    async def _tell_all(self) -> None:
        threads = self._visits.threads()
        try:
            await self._tell(threads)
        except Exception as why:
            if not is_unavailable(why):
                raise
            log.warning("chat waits for the database")

    async def _tell(self, threads: list[ThreadKey]) -> None:
        if not threads:
            return
        async with self._db.transaction() as tx:
            unseen = await store.unseen(tx, threads)
        self._visits.tell(unseen)

    async def agent_types(self, actor: Actor, store_id: str, thread_id: UUID) -> None:
        """Tell a visitor that somebody is writing to him, wherever his socket is."""
        thread = self._seen_by(actor, store_id, thread_id)
        async with self._db.transaction() as tx:
            if not await handlers.agent_types(tx, thread, clock.now()):
                raise HTTPException(404)

    async def visitor_types(self, actor: Actor, store_id: str, thread_id: UUID) -> bool:
        """Whether a visitor is writing just now."""
        thread = self._seen_by(actor, store_id, thread_id)
        async with self._db.transaction() as tx:
            return thread in await store.typing(tx, [thread], "visitor", clock.now())

    def _seen_by(self, actor: Actor, store_id: str, thread_id: UUID) -> ThreadKey:
        if not actor.sees(store_id):
            raise HTTPException(404)
        return ThreadKey(StoreId(store_id), ThreadId(thread_id))

    async def converse(self, socket: WebSocket, account_id: str) -> None:
        """Serve one socket until it closes."""
        account = self._admitted(socket, account_id)
        await socket.accept()
        try:
            visit = await self._greet(socket, account)
        except Refusal as why:
            await socket.send_text(frames.write_frame(Refused(str(why))))
            await socket.close(_POLICY)
            return
        self._visits.begin(visit)
        try:
            await self._tell([visit.thread])
            await self._both_ways(socket, visit)
        finally:
            self._visits.end(visit)

    def _admitted(self, socket: WebSocket, account_id: str) -> ChatAccount:
        """The account, if it is on and the page is one of its; else an HTTP answer."""
        account = self._stores.account("chat", account_id)
        if not isinstance(account, ChatAccount):
            raise HTTPException(404)
        origin = socket.headers.get("origin", "").lower()
        if account.origins and origin not in account.origins:
            raise HTTPException(403, "not from this page")
        seconds = rates.wait(account.max_requests_per_second, "chat", account.account_id)
        if seconds:
            raise HTTPException(429, headers={"Retry-After": str(math.ceil(seconds))})
        return account

    async def _greet(self, socket: WebSocket, account: ChatAccount) -> Visit:
        """Hear hello and welcome the visitor, anew or back. Raises `Refusal`."""
        try:
            async with asyncio.timeout(_GREETING):
                hello = frames.read_frame(await self._next(socket))
        except TimeoutError:
            raise Refusal("nobody said hello") from None
        if not isinstance(hello, Hello):
            raise Refusal("say hello first")
        thread = ThreadKey(account.store_id, self._thread_id(hello))
        told = frames.visitor(account, thread.thread_id, hello)
        async with self._db.transaction() as tx:
            if hello.resume and not await handlers.has_thread(tx, account, thread):
                raise Refusal("resume is no token of this chat")
            contact = await handlers.open_thread(tx, account, thread, told, clock.now())
        visit = Visit(account, thread, contact)
        visit.send(Welcome(self._tokens.sign("thread", thread.thread_id), thread.thread_id))
        return visit

    def _thread_id(self, hello: Hello) -> ThreadId:
        if not hello.resume:
            return ThreadId(uuid4())
        told = self._tokens.read(hello.resume)
        if told is None or told[0] != "thread":
            raise Refusal("resume is no token of this chat")
        return ThreadId(told[1])

    async def _both_ways(self, socket: WebSocket, visit: Visit) -> None:
        ways = {
            asyncio.create_task(self._listen(socket, visit)),
            asyncio.create_task(self._speak(socket, visit)),
        }
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
        for way in done:
            if not way.cancelled() and (why := way.exception()) is not None:
                raise why
        if socket.client_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(_POLICY)

    async def _speak(self, socket: WebSocket, visit: Visit) -> None:
        while (frame := await visit.next()) is not None:
            await socket.send_text(frame)

    async def _listen(self, socket: WebSocket, visit: Visit) -> None:
        refused = 0
        while refused < _MOST_REFUSED:
            try:
                await self._hear(await self._next(socket), visit)
            except Refusal as why:
                refused += 1
                visit.send(Refused(str(why)))

    async def _next(self, socket: WebSocket) -> str:
        """The next frame's text. Raises `Refusal`, or WebSocketDisconnect at the end."""
        came = await socket.receive()
        if came["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(came.get("code", 1000))
        text = came.get("text")
        if not isinstance(text, str):
            raise Refusal("frames are text")
        return text

    async def _hear(self, text: str, visit: Visit) -> None:
        frame = frames.read_frame(text)
        try:
            if isinstance(frame, Say):
                await self._keep(frame, visit)
            elif isinstance(frame, Seen):
                await self._note(frame, visit)
            elif isinstance(frame, Typing):
                await self._types(visit)
            else:
                raise Refusal("hello was said")
        except Exception as why:
            if not is_unavailable(why):
                raise
            raise Refusal("not now; say it again") from None

    async def _keep(self, said: Say, visit: Visit) -> None:
        try:
            await self._keep_message(said, visit)
        except Refusal as why:
            visit.send(Refused(str(why), said.client_id[:100]))

    async def _keep_message(self, said: Say, visit: Visit) -> None:
        if rates.wait(self._settings.chat_says_per_second, "say", str(visit.thread.thread_id)):
            raise Refusal("too fast; say it again")
        thread = frames.Thread(visit.thread.thread_id, visit.contact)
        inbound = frames.message(
            visit.account, thread, said, await self._uploaded(said, visit), clock.now()
        )
        await self._keeper.keep(
            Arrival(channel=handlers.CHAT, raw=None, reading=Reading(items=(inbound,)))
        )
        visit.send(Kept(said.client_id, inbound.event.message_id))

    async def _uploaded(self, said: Say, visit: Visit) -> list[frames.Uploaded]:
        if not said.files or len(said.files) > frames.MOST_FILES:
            return []
        of = frames.message_id(visit.account, visit.thread.thread_id, said.client_id)
        async with self._db.transaction() as tx:
            found = await files.laid_down(
                tx, visit.thread.store_id, visit.thread.thread_id, of, said.files
            )
        return [frames.Uploaded(*row) for row in found]

    async def _types(self, visit: Visit) -> None:
        if rates.wait(1, "typing", str(visit.thread.thread_id)):
            return
        async with self._db.transaction() as tx:
            await handlers.visitor_types(tx, visit.thread, clock.now())

    async def _note(self, seen: Seen, visit: Visit) -> None:
        async with self._db.transaction() as tx:
            await handlers.seen(
                tx, visit.account, visit.thread, NotificationId(seen.message_id), clock.now()
            )
