"""Customers on WhatsApp, and Meta, who brings what they write and tries again until it is taken."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import httpx

from shared.webhooks import hmac_hex
from tests.chaos.installation import APP_SECRET, STORES

_AT_ONCE = 64
_COME_AGAIN = {429, 503}
_TEXTS = (
    "Hola, todavía no he recibido mi pedido y quería saber cuándo llega, gracias.",
    "Buenas tardes, el anillo me queda pequeño, ¿puedo cambiarlo por otra talla?",
    "Hello, could you please tell me whether my bracelet has been sent yet?",
    "Good morning, the clasp of the necklace broke and I would like a repair.",
    "Guten Tag, ich habe eine Frage zu meiner Bestellung, wann wird sie geliefert?",
    "Hallo, die Kette ist leider beschädigt angekommen, was soll ich jetzt tun?",
    "こんにちは、注文した指輪がまだ届いていません。いつ届きますか。",
    "サイズを間違えたので交換したいのですが、どうすればよいですか。",
)


class Twice(Enum):
    """Whether a message is brought twice."""

    NO = 0
    LATER = 1
    AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Input:
    """One message of one customer."""

    phone: str
    account_id: str
    wamid: str
    text: str
    twice: Twice

    def body(self) -> bytes:
        """The webhook that tells of it."""
        message = {
            "from": self.phone,
            "id": self.wamid,
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": self.text},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": self.account_id},
            "contacts": [{"wa_id": self.phone, "profile": {"name": "A customer"}}],
            "messages": [message],
        }
        change = {"field": "messages", "value": value}
        entry = {"id": "1", "changes": [change]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def inputs(conversations: int, rng: random.Random) -> list[Input]:
    """What is written, in order: a message of each customer, a second one of 1 in 8 a while later.

    1 in 7 is brought twice.
    """
    accounts = list(STORES.values())
    senders = [
        (f"346{n:08}", rng.choice(accounts), rng.choice(_TEXTS)) for n in range(conversations)
    ]
    written = list(enumerate(senders))
    for place, sender in rng.sample(written, conversations // 8):
        written.append((place + rng.randint(5, max(10, conversations // 10)), sender))
    written.sort(key=lambda each: each[0])
    doubled = set(rng.sample(range(len(written)), len(written) // 7))
    return [
        Input(
            phone=phone,
            account_id=account,
            wamid=f"wamid.{n:06}.{rng.getrandbits(64):016x}",
            text=text,
            twice=rng.choice((Twice.LATER, Twice.AT_ONCE)) if n in doubled else Twice.NO,
        )
        for n, (_, (phone, account, text)) in enumerate(written)
    ]


class Customers:
    """Brings all inputs at a rate a second, turn by turn to each of the doors."""

    def __init__(
        self, written: Sequence[Input], doors: Sequence[str], *, rate: float, seed: int
    ) -> None:
        self._written = written
        self._doors = itertools.cycle(doors)
        self._pause = 1 / rate
        self._rng = random.Random(seed)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.taken = 0
        """Messages that were answered 200."""
        self.tried_again = 0
        """Tries that got no answer, or one that says to come again."""
        self.slowest = 0.0
        """Seconds from the first try to the 200 at worst."""

    async def write(self) -> None:
        """Return when every message was answered 200 as often as it is brought."""
        limits = httpx.Limits(max_connections=_AT_ONCE * 2)
        async with (
            httpx.AsyncClient(timeout=10, trust_env=False, limits=limits) as http,
            asyncio.TaskGroup() as group,
        ):
            for one in self._written:
                await self._room.acquire()
                group.create_task(self._bring(http, one))
                await asyncio.sleep(self._pause)

    async def _bring(self, http: httpx.AsyncClient, one: Input) -> None:
        body = one.body()
        copies = 2 if one.twice is Twice.AT_ONCE else 1
        begun = time.monotonic()
        try:
            tries = (self._until_taken(http, one, body) for _ in range(copies))
            await asyncio.gather(*tries)
        finally:
            self._room.release()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.taken += 1
        if one.twice is Twice.LATER:
            await asyncio.sleep(self._rng.uniform(0.1, 5))
            await self._until_taken(http, one, body)

    async def _until_taken(self, http: httpx.AsyncClient, one: Input, body: bytes) -> None:
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": f"sha256={hmac_hex(APP_SECRET, body)}",
        }
        pause = 0.05
        while True:
            url = f"{next(self._doors)}/hooks/whatsapp/{one.account_id}"
            try:
                answer = await http.post(url, content=body, headers=headers)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code == httpx.codes.OK:
                    return
                assert answer.status_code in _COME_AGAIN, f"{answer.status_code} {answer.text}"
            self.tried_again += 1
            await asyncio.sleep(pause * self._rng.uniform(0.5, 1.5))
            pause = min(pause * 2, 1.0)
