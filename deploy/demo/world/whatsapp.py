"""WhatsApp Cloud API: the Graph API that sends, the webhooks that tell, and customers' phones.

Shapes after developers.facebook.com/documentation/business-messaging/whatsapp: webhooks/reference
(messages, status messages), reference/whatsapp-business-phone-number/message-api, error-codes.
"""

import asyncio
import base64
import secrets
import string
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import httpx
from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from deploy.demo.world.shapes import Handshake, OnPhone, Sent, Writes
from deploy.demo.world.webhooks import Webhooks, encoded, signed
from shared.clock import now
from shared.stores import WhatsAppAccount

_WINDOW = timedelta(hours=24)
"""A business may write freely for so long after a customer's last message."""


class _Text(BaseModel):
    body: str


class _Context(BaseModel):
    message_id: str


class _Message(BaseModel):
    messaging_product: Literal["whatsapp"]
    to: str
    type: Literal["text"]
    text: _Text
    context: _Context | None = None


class WhatsApp:
    """The vendor's side of every WhatsApp account."""

    def __init__(
        self, accounts: Mapping[str, WhatsAppAccount], hooks: str, webhooks: Webhooks
    ) -> None:
        self.phones: list[OnPhone] = []
        self._accounts = accounts
        self._hooks = hooks
        self._webhooks = webhooks
        self._last_wrote: dict[tuple[str, str], float] = {}

    def routes(self) -> APIRouter:
        """The Graph API under `/whatsapp`, and what a story does under `/world/whatsapp`."""
        router = APIRouter()

        @router.post("/whatsapp/{phone_number_id}/messages", tags=["vendors"])
        async def messages(
            phone_number_id: str,
            body: dict[str, Any],
            authorization: str = Header(default=""),
        ) -> JSONResponse:
            return self._send(phone_number_id, body, authorization)

        @router.post("/world/whatsapp/{phone_number_id}/handshake", tags=["world"])
        async def handshake(phone_number_id: str) -> Handshake:
            return await self._handshake(self._account(phone_number_id))

        @router.post("/world/whatsapp/{phone_number_id}/messages", tags=["world"])
        async def write(phone_number_id: str, message: Writes) -> Sent:
            return await self._write(self._account(phone_number_id), message)

        @router.get("/world/whatsapp", tags=["world"])
        async def phones(to: str | None = None) -> list[OnPhone]:
            return [message for message in self.phones if to in (None, message.to)]

        return router

    def _account(self, phone_number_id: str) -> WhatsAppAccount:
        account = self._accounts.get(phone_number_id)
        if account is None:
            raise HTTPException(404, "no such phone number")
        return account

    async def _handshake(self, account: WhatsAppAccount) -> Handshake:
        challenge = "".join(secrets.choice(string.digits) for _ in range(10))
        asked = {
            "hub.mode": "subscribe",
            "hub.verify_token": account.verify_token[0],
            "hub.challenge": challenge,
        }
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            answer = await http.get(self._hook(account), params=asked)
        return Handshake(status=answer.status_code, is_answered=answer.text == challenge)

    async def _write(self, account: WhatsAppAccount, message: Writes) -> Sent:
        number = _digits(message.phone)
        at = now().timestamp()
        self._last_wrote[account.account_id, number] = at
        value = {
            "contacts": [{"profile": {"name": message.name}, "wa_id": number}],
            "messages": [
                {
                    "from": number,
                    "id": _wamid(),
                    "timestamp": str(int(at)),
                    "text": {"body": message.text},
                    "type": "text",
                }
            ],
        }
        return await self._tell(account, "messages", value)

    def _send(self, phone_number_id: str, body: dict[str, Any], token: str) -> JSONResponse:
        account = self._accounts.get(phone_number_id)
        if account is None:
            return _error(400, 100, "Unsupported post request. Object does not exist")
        if token.removeprefix("Bearer ") not in account.access_token:
            return _error(401, 190, "Invalid OAuth access token - Cannot parse access token")
        try:
            message = _Message.model_validate(body)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            return _error(400, 100, f"(#100) Invalid parameter: {where}")
        wamid, number = _wamid(), _digits(message.to)
        statuses: list[dict[str, Any]]
        if self._is_window_open(account.account_id, number):
            self.phones.append(_arrived(account.account_id, number, message, wamid))
            statuses = [{"status": "sent"}, {"status": "delivered"}]
        else:
            statuses = [{"status": "failed", "errors": [_REENGAGEMENT]}]
        self._webhooks.later(self._tell_statuses(account, wamid, number, statuses))
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": message.to, "wa_id": number}],
            "messages": [{"id": wamid}],
        }
        return JSONResponse(answer)

    def _is_window_open(self, account_id: str, number: str) -> bool:
        wrote = self._last_wrote.get((account_id, number))
        return wrote is not None and now().timestamp() - wrote < _WINDOW.total_seconds()

    async def _tell_statuses(
        self,
        account: WhatsAppAccount,
        wamid: str,
        number: str,
        statuses: list[dict[str, Any]],
    ) -> None:
        for status in statuses:
            # The vendor's own way takes a moment; without it "sent" would overtake our record.
            await asyncio.sleep(0.05)
            told = {
                "id": wamid,
                "timestamp": str(int(now().timestamp())),
                "recipient_id": number,
                "conversation": {"id": uuid4().hex, "origin": {"type": "service"}},
                "pricing": {"billable": False, "pricing_model": "PMP", "category": "service"},
                **status,
            }
            await self._tell(account, "statuses", {"statuses": [told]})

    async def _tell(self, account: WhatsAppAccount, topic: str, value: dict[str, Any]) -> Sent:
        metadata = {
            "display_phone_number": account.account_id,
            "phone_number_id": account.account_id,
        }
        change = {
            "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
            "field": "messages",
        }
        entry = {"id": f"waba-{account.account_id}", "changes": [change]}
        body = encoded({"object": "whatsapp_business_account", "entry": [entry]})
        signature = signed(account.app_secret[0], body).hex()
        headers = {"x-hub-signature-256": f"sha256={signature}", "user-agent": "facebookexternalua"}
        return await self._webhooks.send("whatsapp", topic, self._hook(account), headers, body)

    def _hook(self, account: WhatsAppAccount) -> str:
        return f"{self._hooks}/hooks/whatsapp/{account.account_id}"


_REENGAGEMENT = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {
        "details": "Message failed to send because more than 24 hours have passed since the "
        "customer last replied to this number."
    },
}


def _arrived(phone_number_id: str, number: str, message: _Message, wamid: str) -> OnPhone:
    return OnPhone(
        arrived_at=now().timestamp(),
        phone_number_id=phone_number_id,
        to=f"+{number}",
        text=message.text.body,
        wamid=wamid,
        answers=message.context.message_id if message.context else None,
    )


def _error(status: int, code: int, message: str) -> JSONResponse:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A0"}
    return JSONResponse({"error": error}, status)


def _wamid() -> str:
    return "wamid." + base64.b64encode(secrets.token_bytes(30)).decode()


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
