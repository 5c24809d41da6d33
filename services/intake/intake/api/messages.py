"""`POST /messages`: a message or the summary of a call, from another system of the merchant's."""

import math
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from intake.handlers import posting
from intake.handlers.keeping import Keeper
from intake.handlers.posting import InConflict, Unsaid
from shared import clock, rates
from shared.callers import Actor
from shared.db import Database
from shared.http import Caller, IdempotencyKey, require
from shared.stores import Stores
from shared.stores.accounts.messaging import GenericAccount

_Short = Annotated[str, Field(min_length=1, max_length=200)]
_Long = Annotated[str, Field(max_length=1_000_000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonIn(_In):
    """Who wrote or called: an id of the caller's own, a phone number (E.164) or a mail address."""

    id: _Short | None = None
    phone: _Short | None = None
    mail: Annotated[str, Field(max_length=254)] | None = None
    name: _Short | None = None
    locale: _Short | None = None

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not (self.id or self.phone or self.mail):
            raise ValueError("give an id, a phone number or a mail address")
        return self


class FileIn(_In):
    """A file that lies at an address."""

    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://")]
    name: _Short | None = None
    media_type: _Short | None = None
    size: Annotated[int, Field(ge=0)] | None = None


class MessageIn(_In):
    """A message, or with type `call.ended` the summary of a call; times have an offset."""

    store_id: _Short
    account_id: _Short
    type: Literal["message.received", "call.ended"] = "message.received"
    sender: PersonIn = Field(alias="from")
    text: _Long | None = None
    subject: _Short | None = None
    in_reply_to: _Short | None = None
    sent_at: datetime | None = None
    attachments: Annotated[list[FileIn], Field(max_length=50)] = []
    ended_at: datetime | None = None
    duration_seconds: Annotated[int, Field(ge=0)] | None = None
    outcome: _Short | None = None
    summary: _Long | None = None
    transcript: _Long | None = None


class MessageOut(BaseModel):
    """Where the message is kept."""

    message_id: UUID
    thread_id: UUID
    contact_id: UUID


class Messages:
    """Takes messages in from callers with a token."""

    def __init__(self, db: Database, stores: Stores, keeper: Keeper) -> None:
        self._db = db
        self._stores = stores
        self._keeper = keeper

    async def post(
        self, body: MessageIn, actor: Caller, key: IdempotencyKey, response: Response
    ) -> MessageOut:
        """Keep a message: 201, or 200 for the same again under the same key.

        404 for a store that the caller does not see, 409 when the key was used for something else,
        422 when the store has no such account, or nothing is said, 429 with Retry-After over the
        account's limit per second, which strangers at its webhook cannot use up.
        """
        account = self._account(body, actor)
        seconds = rates.wait(account.max_requests_per_second, "messages", account.account_id)
        if seconds:
            raise HTTPException(429, headers={"Retry-After": str(math.ceil(seconds))})
        told = body.model_dump(
            mode="json", by_alias=True, exclude={"store_id", "account_id", "type"}
        )
        try:
            posted = await posting.post(
                self._db,
                self._keeper,
                account,
                {"type": body.type, "data": told},
                key=f"{actor.id}:{key}",
                at=clock.now(),
            )
        except InConflict:
            raise HTTPException(409, "the idempotency key was used for another message") from None
        except Unsaid as why:
            raise HTTPException(422, str(why)) from None
        response.status_code = 201 if posted.is_new else 200
        return MessageOut(
            message_id=posted.message_id,
            thread_id=posted.thread_id,
            contact_id=posted.contact_id,
        )

    def _account(self, body: MessageIn, actor: Actor) -> GenericAccount:
        require(actor, "agent", "lead", "admin")
        if not actor.sees(body.store_id):
            raise HTTPException(404, "no such store")
        account = self._stores.account("generic", body.account_id)
        if not isinstance(account, GenericAccount) or account.store_id != body.store_id:
            raise HTTPException(422, "the store has no such generic account")
        return account
