"""Files that visitors of the live chat lay down before they say what they are.

Refused at once and told why, in the visitor's language: 415 for programs, archives and what the
scanner finds, 413 for what is too large, 429 for too many at once, 401 for who has no chat.
"""

import asyncio
import hashlib
import math
from urllib.parse import unquote
from uuid import UUID, uuid5

from fastapi import HTTPException, Request, Response
from pydantic import BaseModel

from intake.clients.objects import Objects
from intake.clients.scanner import Scanner
from intake.domain import refusals
from intake.domain.files import Verdict, judge, last_of
from intake.domain.places import without_place
from intake.domain.refusals import Why
from intake.domain.texts import line
from intake.handlers import chat
from intake.store import files
from intake.store.files import LaidDown
from intake.store.people import ThreadKey
from shared import clock, rates
from shared.contracts.base import ThreadId
from shared.db import Database
from shared.http.guard import TooLarge, allow_body
from shared.stores import ChatAccount, Stores
from shared.tokens import Tokens

_FILES_PER_SECOND = 3


class Upload(BaseModel):
    """A file that is kept; `say` names it by its id."""

    file_id: UUID
    name: str | None
    media_type: str
    size: int


class _NotTaken(HTTPException):
    """A file that is refused; `why` is the short name of the reason."""

    def __init__(self, status: int, why: Why, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, headers=headers)
        self.why = why


class Uploads:
    """The door for files of the chat's visitors."""

    def __init__(
        self,
        db: Database,
        stores: Stores,
        tokens: Tokens,
        objects: Objects,
        scanner: Scanner | None,
        most_octets: int,
    ) -> None:
        self._db = db
        self._stores = stores
        self._tokens = tokens
        self._objects = objects
        self._scanner = scanner
        self._most = most_octets

    def preflight(self, request: Request, account_id: str, response: Response) -> None:
        """Tell a browser that the store's pages may send files here (Fetch standard, CORS)."""
        self._admit(request, account_id, response)
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "content-type,x-file-name,x-resume"
        response.headers["Access-Control-Max-Age"] = "600"

    async def take(self, request: Request, account_id: str, response: Response) -> Upload:
        """Keep the body as a file of the visitor whose `welcome` gave the header X-Resume.

        X-File-Name is percent-encoded UTF-8.
        """
        account = self._admit(request, account_id, response)
        try:
            return await self._take(request, account)
        except (TooLarge, _NotTaken) as refused:
            why = refused.why if isinstance(refused, _NotTaken) else "too_large"
            accepted = request.headers.get("accept-language", "")
            told, language = refusals.sentence(why, accepted, self._most)
            # Without the page's leave the browser would not let the page read why.
            headers = {**response.headers, **(refused.headers or {}), "Content-Language": language}
            detail = {"detail": told, "why": why}
            raise HTTPException(refused.status_code, detail, headers) from refused

    async def _take(self, request: Request, account: ChatAccount) -> Upload:
        thread = self._thread(request, account)
        seconds = rates.wait(_FILES_PER_SECOND, "upload", str(thread.thread_id))
        if seconds:
            raise _NotTaken(429, "too_fast", {"Retry-After": str(math.ceil(seconds))})
        async with self._db.transaction() as tx:
            contact_id = await chat.visitor_of(tx, account, thread)
        if contact_id is None:
            raise _NotTaken(401, "no_chat")
        allow_body(request, self._most)
        octets = await request.body()
        name = line(last_of(unquote(request.headers.get("x-file-name", ""))), 255)
        declared = request.headers.get("content-type")
        octets, verdict = await self._judged(octets, name, declared)
        sha256 = hashlib.sha256(octets).hexdigest()
        await self._objects.put(account.store_id, sha256, octets)
        file = LaidDown(
            store_id=account.store_id,
            # The same file laid down again is the same: nothing is doubled by a second try.
            file_id=uuid5(thread.thread_id, f"{sha256}/{name or ''}"),
            contact_id=contact_id,
            thread_id=thread.thread_id,
            channel=account.channel_name,
            account_id=account.account_id,
            name=name,
            media_type=verdict.media_type,
            size=len(octets),
            sha256=sha256,
        )
        async with self._db.transaction() as tx:
            await files.lay_down(tx, file, clock.now())
        return Upload(file_id=file.file_id, name=name, media_type=file.media_type, size=file.size)

    def _admit(self, request: Request, account_id: str, response: Response) -> ChatAccount:
        account = self._stores.account("chat", account_id)
        if not isinstance(account, ChatAccount):
            raise HTTPException(404)
        origin = request.headers.get("origin", "").lower()
        if account.origins and origin not in account.origins:
            raise HTTPException(403, "not from this page")
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "retry-after"
            response.headers["Vary"] = "Origin"
        return account

    def _thread(self, request: Request, account: ChatAccount) -> ThreadKey:
        told = self._tokens.read(request.headers.get("x-resume", ""))
        if told is None or told[0] != "thread":
            raise _NotTaken(401, "no_chat")
        return ThreadKey(account.store_id, ThreadId(told[1]))

    async def _judged(
        self, octets: bytes, name: str | None, declared: str | None
    ) -> tuple[bytes, Verdict]:
        verdict = await asyncio.to_thread(judge, octets, name, declared, self._most)
        if verdict.refused:
            raise _NotTaken(415, refusals.why(verdict.refused))
        if self._scanner is not None and not await self._scanner.is_clean(octets):
            raise _NotTaken(415, "malicious")
        if verdict.media_type.startswith("image/"):
            octets = await asyncio.to_thread(without_place, octets)
        return octets, verdict
