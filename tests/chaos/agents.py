"""The agents: each looks what he has, answers it, ends it, and asks until he knows it done."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx

_DONE = {200}
_TOO_LATE = {403, 422}
"""Somebody else has it by now, or nobody."""
_COME_AGAIN = {429, 503}


class Agent:
    """One agent with his token, at whichever routing process answers."""

    def __init__(self, doors: Sequence[str], token: str, *, think: float, seed: str) -> None:
        self._doors = itertools.cycle(doors)
        self._http = httpx.AsyncClient(
            timeout=10, trust_env=False, headers={"authorization": f"Bearer {token}"}
        )
        self._think = think
        self._rng = random.Random(seed)
        self._busy: set[str] = set()
        self.replies: set[UUID] = set()
        """Of which he was told that they are on their way."""
        self.resolved = 0
        self.too_late = 0
        """Of what he did, how much was refused because things had changed."""
        self.tried_again = 0
        """Requests that got no answer, or one that says to come again."""

    async def work(self, stop: asyncio.Event) -> None:
        """Look and act until told to stop; what is begun is done to its end."""
        async with self._http, asyncio.TaskGroup() as group:
            while not stop.is_set():
                _, found = await self._asked("GET", "/me/conversations")
                for shown in found:
                    if shown["conversation_id"] not in self._busy:
                        self._busy.add(shown["conversation_id"])
                        group.create_task(self._handle(shown["conversation_id"]))
                await asyncio.sleep(self._rng.uniform(0.2, 0.6))

    async def _handle(self, conversation: str) -> None:
        await asyncio.sleep(self._thinking())
        replied = await self._act(conversation, "replies", {"text": f"Thank you, {conversation}."})
        if replied is not None:
            self.replies.add(UUID(replied["reply_id"]))
            await asyncio.sleep(self._thinking())
            if await self._act(conversation, "resolve", {"reason": "answered"}) is not None:
                self.resolved += 1
        self._busy.discard(conversation)

    def _thinking(self) -> float:
        return self._rng.uniform(0, 2 * self._think)

    async def _act(self, conversation: str, what: str, body: dict[str, Any]) -> Any:
        """Do something under a key of its own, 1 in 7 twice at once; None when it was too late."""
        key = str(UUID(int=self._rng.getrandbits(128)))
        copies = 2 if self._rng.random() < 1 / 7 else 1
        path = f"/conversations/{conversation}/{what}"
        asked = (
            self._asked("POST", path, json=body, headers={"idempotency-key": key})
            for _ in range(copies)
        )
        answers = await asyncio.gather(*asked)
        done = [answer for status, answer in answers if status in _DONE]
        if not done:
            self.too_late += 1
            return None
        assert all(answer == done[0] for answer in done), f"one key, two answers: {done}"
        return done[0]

    async def _asked(self, method: str, path: str, **given: Any) -> tuple[int, Any]:
        """Ask until there is an answer that settles it."""
        pause = 0.05
        while True:
            try:
                answer = await self._http.request(method, next(self._doors) + path, **given)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code in _DONE | _TOO_LATE:
                    return answer.status_code, answer.json()
                where = f"{method} {path}: {answer.status_code} {answer.text}"
                assert answer.status_code in _COME_AGAIN, where
            self.tried_again += 1
            await asyncio.sleep(pause * self._rng.uniform(0.5, 1.5))
            pause = min(pause * 2, 1.0)
