"""Fetches for Amazon SNS what requests wait for: certificates, and confirmed subscriptions.

Nothing is kept over a restart: SNS delivers again what was answered 503, and asks for the same.
"""

import asyncio
from contextlib import suppress

import structlog

from intake.channels.mailers import sns
from intake.clients.amazon import Sns
from shared.errors import Unavailable

log = structlog.get_logger()

_EVERY = 0.5


class SnsErrands:
    """The worker; each process has its own."""

    def __init__(self, client: Sns, wanted: sns.Wanted) -> None:
        self._client = client
        self._wanted = wanted

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch what is wanted until `stop`."""
        try:
            while not stop.is_set():
                await self.some()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _EVERY)
        finally:
            await self._client.close()

    async def some(self) -> None:
        """Fetch all that is wanted now."""
        for url in self._wanted.certificates.wanted():
            try:
                self._wanted.certificates.add(url, await self._client.get(url))
            except Unavailable:
                self._wanted.certificates.drop(url)
                log.warning("a certificate of SNS could not be fetched")
        for url in self._wanted.confirmations.wanted():
            try:
                await self._client.get(url)
                self._wanted.confirmations.done(url)
                log.info("a subscription of SNS is confirmed")
            except Unavailable:
                self._wanted.confirmations.drop(url)
                log.warning("a subscription of SNS could not be confirmed")
