"""How a story acts: through the front doors as everybody else, and through the world's own API."""

import asyncio
import json
from collections.abc import Mapping
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, TypeVar

import aiosmtplib
import httpx
from pydantic import BaseModel, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect

from deploy.demo.world.shapes import (
    Fault,
    Handshake,
    Mail,
    OnPhone,
    Ordered,
    Parcel,
    Purchase,
    Repayment,
    Scan,
    Sent,
    Tracking,
    Try,
    Writes,
)

T = TypeVar("T")

_TIMEOUT = 30.0


class WorldClient:
    """The stand-in world: makes vendors and customers act, and looks at what reached them."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def handshake(self, phone_number_id: str) -> Handshake:
        """WhatsApp asks whether the webhook is ours."""
        return await self._post(f"/world/whatsapp/{phone_number_id}/handshake", Handshake)

    async def write(self, phone_number_id: str, message: Writes) -> Sent:
        """A customer writes to a shop by WhatsApp."""
        return await self._post(f"/world/whatsapp/{phone_number_id}/messages", Sent, message)

    async def order(self, shop: str, purchase: Purchase) -> Ordered:
        """A buyer orders and pays."""
        return await self._post(f"/world/shops/{shop}/orders", Ordered, purchase)

    async def fulfil(self, shop: str, order_id: str, parcel: Parcel) -> Ordered:
        """The warehouse hands the order to a carrier."""
        path = f"/world/shops/{shop}/orders/{order_id}/fulfilments"
        return await self._post(path, Ordered, parcel)

    async def scan(self, account_id: str, number: str, scan: Scan) -> Sent:
        """A carrier scans a parcel. Raises httpx.HTTPStatusError for one never registered."""
        return await self._post(f"/world/trackings/{account_id}/{number}/scans", Sent, scan)

    async def mails(self, to: str) -> list[Mail]:
        """What arrived in a mailbox."""
        return await self._get("/world/mails", list[Mail], to=to)

    async def phone(self, number: str) -> list[OnPhone]:
        """What arrived on a phone (E.164) by WhatsApp."""
        return await self._get("/world/whatsapp", list[OnPhone], to=number)

    async def trackings(self) -> list[Tracking]:
        """All parcels registered at the aggregator."""
        return await self._get("/world/trackings", list[Tracking])

    async def refunds(self) -> list[Repayment]:
        """All refunds the shops made."""
        return await self._get("/world/refunds", list[Repayment])

    async def webhooks(self) -> list[Sent]:
        """All webhooks the vendors sent."""
        return await self._get("/world/webhooks", list[Sent])

    async def send_again(self) -> list[Try]:
        """All vendors send all their webhooks once more, all at once."""
        answer = await self._http.post("/world/webhooks/again", json={})
        return TypeAdapter(list[Try]).validate_json(_good(answer).content)

    async def fail(self, fault: Fault) -> None:
        """The next requests to a server fail."""
        _good(await self._http.post("/world/faults", json=fault.model_dump()))

    async def _post(self, path: str, kind: type[T], body: BaseModel | None = None) -> T:
        content = body.model_dump_json() if body else None
        headers = {"content-type": "application/json"}
        answer = _good(await self._http.post(path, content=content, headers=headers))
        return TypeAdapter(kind).validate_json(answer.content)

    async def _get(self, path: str, kind: type[T], **asked: str) -> T:
        answer = _good(await self._http.get(path, params=asked))
        return TypeAdapter(kind).validate_json(answer.content)


class Service:
    """A service's API with one caller's token; `async with` closes the connections."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=_TIMEOUT,
            trust_env=False,
            headers={"authorization": f"Bearer {token}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> Any:
        """The JSON at a path. Raises httpx.HTTPStatusError."""
        return _good(await self._http.get(path)).json()

    async def status(self, path: str) -> int:
        """The status that a path is answered with."""
        return (await self._http.get(path)).status_code

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, key: str | None = None
    ) -> Any:
        """Post JSON, with an idempotency key where one is given. Raises httpx.HTTPStatusError."""
        headers = {"idempotency-key": key} if key else {}
        answer = _good(await self._http.post(path, json=body or {}, headers=headers))
        return answer.json() if answer.content else None


class Chat:
    """A visitor's side of the live chat."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.resume = ""
        self.thread_id = ""

    @classmethod
    async def open(cls, url: str, account_id: str, **hello: str) -> "Chat":
        """Connect and greet; `hello` may hold resume, locale, name and email."""
        address = f"{url.replace('http', 'ws', 1)}/chat/{account_id}"
        chat = cls(await connect(address, open_timeout=_TIMEOUT, proxy=None))
        await chat._send("hello", **hello)
        welcome = await chat.hear("welcome")
        chat.resume, chat.thread_id = welcome["resume"], welcome["thread_id"]
        return chat

    async def say(self, client_id: str, text: str) -> dict[str, Any]:
        """Say something; returns the answer that it is kept."""
        await self._send("say", client_id=client_id, text=text)
        return await self.hear("kept")

    async def seen(self, message_id: str) -> None:
        """Tell that an answer was read."""
        await self._send("seen", message_id=message_id)

    async def hear(self, kind: str, *, within: float = _TIMEOUT) -> dict[str, Any]:
        """Wait for the next frame of a type, passing over others. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                if frame.get("type") == kind:
                    return frame

    async def close(self) -> None:
        """Close the socket."""
        await self._socket.close()

    async def _send(self, kind: str, **fields: str) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))


async def send_mail(port: int, mail: EmailMessage) -> None:
    """Hand a mail to an SMTP server on this machine, as another mail server does."""
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, timeout=_TIMEOUT)


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise httpx.HTTPStatusError(
            f"{answer.request.method} {answer.url.path} was answered {answer.status_code}: "
            f"{answer.text[:500]}",
            request=answer.request,
            response=answer,
        )
    return answer
