"""Amazon SNS, asked for what it has in public: certificates, and confirmations of subscriptions."""

import httpx

from shared.errors import Unavailable

_PATIENCE = 10.0
_MOST = 64 * 1024


class Sns:
    """One client for all; it follows no redirect, so that it asks nobody but SNS."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            timeout=_PATIENCE, follow_redirects=False, trust_env=False, transport=transport
        )

    async def get(self, url: str) -> bytes:
        """What lies there. Raises `Unavailable` for any answer but 200, or one too long."""
        try:
            async with self._http.stream("GET", url) as answer:
                if answer.status_code != 200:
                    raise Unavailable("SNS")
                found = b""
                async for octets in answer.aiter_bytes():
                    found += octets
                    if len(found) > _MOST:
                        raise Unavailable("SNS")
                return found
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("SNS") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
