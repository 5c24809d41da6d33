"""Files by signed links that end: whoever has the link may read, nobody else."""

from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from intake.clients.objects import Objects
from intake.domain.files import linked
from intake.store import files
from shared import clock
from shared.callers import Actor
from shared.contracts.base import MessageId, StoreId
from shared.db import Database
from shared.errors import Refused, Unavailable
from shared.tokens import Tokens

_SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp", "audio/", "video/", "text/plain")
"""What a browser may show in place; everything else it saves."""


class File(BaseModel):
    """A file of a message as it stands."""

    file_id: UUID
    name: str | None
    media_type: str | None
    size: int | None
    state: str
    """due (not fetched yet), kept, refused."""
    why: str | None
    url: str | None


class FilesDoor:
    """Gives files out."""

    def __init__(
        self, db: Database, tokens: Tokens, objects: Objects, public_url: str | None
    ) -> None:
        self._db = db
        self._tokens = tokens
        self._objects = objects
        self._public_url = public_url

    async def give(self, store_id: str, token: str) -> Response:
        """The file of a link: 404 for a forged one, 410 when it has ended or was refused."""
        told = self._tokens.read_until(token)
        if told is None or told[0] != "file":
            raise HTTPException(404)
        if told[2] < clock.now():
            raise HTTPException(410, "the link has ended")
        async with self._db.transaction() as tx:
            found = await files.one(tx, StoreId(store_id), told[1])
        if found is None:
            raise HTTPException(404)
        if found.state == "due":
            raise HTTPException(503, "the file is being fetched", {"Retry-After": "5"})
        if found.sha256 is None:
            raise HTTPException(410, f"the file was not taken in: {found.why}")
        try:
            pieces = await self._objects.get(StoreId(store_id), found.sha256)
        except Refused:
            raise HTTPException(404) from None
        except Unavailable:
            raise HTTPException(503, "not now", {"Retry-After": "5"}) from None
        media_type = found.media_type or "application/octet-stream"
        return StreamingResponse(pieces, headers=_headers(found, media_type))

    async def of_message(self, actor: Actor, store_id: str, message_id: UUID) -> list[File]:
        """The files of a message, with fresh links to those that are kept."""
        if not actor.sees(store_id):
            raise HTTPException(404)
        async with self._db.transaction() as tx:
            found = await files.of_message(tx, StoreId(store_id), MessageId(message_id))
        now = clock.now()
        return [self._shown(one, StoreId(store_id), now) for one in found]

    def _shown(self, one: files.Found, store_id: StoreId, now: datetime) -> File:
        is_kept = one.state == "kept"
        url = linked(self._tokens, self._public_url, store_id, one.file_id, now)
        return File(
            file_id=one.file_id,
            name=one.name,
            media_type=one.media_type,
            size=one.size,
            state=one.state,
            why=one.why,
            url=url if is_kept else None,
        )


def _headers(found: files.Found, media_type: str) -> dict[str, str]:
    way = "inline" if media_type.startswith(_SHOWN) else "attachment"
    name = quote(found.name or f"file-{found.file_id}", safe="")
    return {
        "Content-Type": media_type,
        "Content-Length": str(found.size),
        "Content-Disposition": f"{way}; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
