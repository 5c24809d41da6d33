"""GET for what vendors hold: bounded in time and size, and never into our own network."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from intake.clients.reaching import NOWHERE, addresses_of, public_only
from shared.errors import Refused, Unavailable

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_MOST_HOPS = 3

__all__ = ["GONE", "NOWHERE", "Fetcher", "TooFast", "is_public", "origin"]

GONE = "the vendor has it no more"

_SOON, _LATEST = 1.0, 60.0
"""Seconds after which to come again at the soonest, though a vendor says 0, and at the latest."""


class TooFast(Unavailable):
    """The vendor lets come again after so many seconds (RFC 6585 §4)."""

    def __init__(self, after: float) -> None:
        super().__init__("the vendor answers 429")
        self.after = after


Allowed = Callable[[str], Awaitable[bool]]
"""Whether an address, which may be asked, is somebody's whom we trust with where it leads.

Raises `Refused`, `Unavailable` for one that may not be asked.
"""


class Fetcher:
    """One client for all vendors."""

    def __init__(self) -> None:
        self._trusted = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=True)
        self._public = public_only(httpx.AsyncClient(timeout=_TIMEOUT, trust_env=True))

    async def close(self) -> None:
        """Let connections go."""
        await self._trusted.aclose()
        await self._public.aclose()

    async def get(
        self,
        url: str,
        may_be_asked: Allowed,
        *,
        most: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """What lies there, with few redirects; of what is longer than `most` one octet more.

        `may_be_asked` judges each address before it is asked. Raises `Refused` with a constant
        reason, or `Unavailable`.
        """
        given: Mapping[str, str] = headers or {}
        for _ in range(_MOST_HOPS):
            http = self._trusted if await may_be_asked(url) else self._public
            try:
                async with http.stream("GET", url, headers=given, params=query) as answer:
                    if not answer.is_redirect:
                        return await _body(answer, most)
                    target = urljoin(url, answer.headers.get("location", ""))
            except httpx.HTTPError as why:
                raise Unavailable("the vendor") from why
            # A credential is for the host it was given to.
            given = given if origin(target) == origin(url) else {}
            url, query = target, None
        raise Refused(NOWHERE)


async def _body(answer: httpx.Response, most: int) -> bytes:
    if answer.status_code in (404, 410):
        raise Refused(GONE)
    if answer.status_code == 429:
        raise TooFast(_pause(answer.headers.get("retry-after", "")))
    if not answer.is_success:
        raise Unavailable(f"the vendor answers {answer.status_code}")
    octets = bytearray()
    async for piece in answer.aiter_bytes():
        octets += piece
        if len(octets) > most:
            break
    return bytes(octets[: most + 1])


def _pause(told: str) -> float:
    """Seconds out of Retry-After, which may be a date too."""
    is_told = told.isascii() and told.isdecimal()
    return max(_SOON, min(float(told), _LATEST)) if is_told else _SOON


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Whom a credential is for (RFC 6454 §4): the same name at another port is somebody else."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


async def is_public(url: str) -> None:
    """Refuse what is not public: a stranger's link must not lead into our own network."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Refused(NOWHERE)
    await addresses_of(parts.hostname, parts.port or 443)
