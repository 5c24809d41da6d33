"""Files that vendors hold for us, each fetched as its vendor wants it.

Sources: Graph API, "media" (WhatsApp); Bot API, "getFile" (Telegram); Messaging API, "get content"
(LINE); official accounts, "media/get" (WeChat); Messaging API, "media resource" (Twilio); "API
authentication" (Infobip, MessageBird). The others give an address.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio
import httpx

from intake.domain.shapes import obj
from shared.errors import Refused, Unavailable
from shared.stores import Account

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_PATIENCE = 120.0
"""Seconds for a whole file: a server may send a letter now and then and never end."""
_MOST_HOPS = 3

GONE = "the vendor has it no more"
NOWHERE = "an address that is not fetched from"
TOO_LARGE = "larger than is taken in"


class Media:
    """Fetches files for all accounts."""

    def __init__(self, most_octets: int) -> None:
        self._most = most_octets
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=True)

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()

    async def fetch(self, account: Account, reference: str, is_url: bool) -> bytes:
        """A file's octets. Raises `Refused` with a constant reason, or `Unavailable`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._fetch(account, reference, is_url)
        except TimeoutError as why:
            raise Unavailable("the vendor does not come to an end") from why
        except (ValueError, httpx.InvalidURL):
            raise Refused(NOWHERE) from None  # no port, no name, no address

    async def _fetch(self, account: Account, reference: str, is_url: bool) -> bytes:
        if is_url:
            return await self._get(reference, account, _headers_for(account, reference))
        way = _WAYS.get(account.channel)
        if way is None:
            raise Refused(NOWHERE)
        return await way(self, account, reference)

    async def _whatsapp(self, account: Any, media_id: str) -> bytes:
        bearer = _bearer(account)
        told = await self._json(f"{account.base_url}/{media_id}", account, bearer)
        return await self._get(_text(told, "url"), account, bearer)

    async def _telegram(self, account: Any, file_id: str) -> bytes:
        token = _secret(account.bot_token)
        asked = f"{account.base_url}/bot{token}/getFile"
        told = await self._json(asked, account, {}, {"file_id": file_id})
        path = _text(obj(told.get("result")), "file_path")
        return await self._get(f"{account.base_url}/file/bot{token}/{path}", account, {})

    async def _line(self, account: Any, message_id: str) -> bytes:
        # Contents have a host of their own.
        base = str(account.base_url).replace("https://api.line.me", "https://api-data.line.me")
        address = f"{base}/v2/bot/message/{message_id}/content"
        return await self._get(address, account, _bearer(account))

    async def _wechat(self, account: Any, media_id: str) -> bytes:
        credential = {"appid": account.app_id, "secret": _secret(account.app_secret)}
        asked = {"grant_type": "client_credential", **credential}
        told = await self._json(f"{account.base_url}/cgi-bin/token", account, {}, asked)
        query = {"access_token": _text(told, "access_token"), "media_id": media_id}
        return await self._get(f"{account.base_url}/cgi-bin/media/get", account, {}, query)

    async def _json(
        self,
        url: str,
        account: Account,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        octets = await self._get(url, account, headers, query)
        try:
            found = httpx.Response(200, content=octets).json()
        except (ValueError, RecursionError) as why:
            raise Unavailable("the vendor's answer cannot be read") from why
        return dict(obj(found))

    async def _get(
        self,
        url: str,
        account: Account,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """GET with few redirects, none to a place inside our own network."""
        given: Mapping[str, str] = headers
        for _ in range(_MOST_HOPS):
            await _may_be_asked(url, account)
            try:
                async with self._http.stream("GET", url, headers=given, params=query) as answer:
                    if not answer.is_redirect:
                        return await self._body(answer)
                    target = urljoin(url, answer.headers.get("location", ""))
            except httpx.HTTPError as why:
                raise Unavailable("the vendor") from why
            # A credential is for the host it was given to.
            given = given if _origin(target) == _origin(url) else {}
            url, query = target, None
        raise Refused(NOWHERE)

    async def _body(self, answer: httpx.Response) -> bytes:
        if answer.status_code in (404, 410):
            raise Refused(GONE)
        if not answer.is_success:
            raise Unavailable(f"the vendor answers {answer.status_code}")
        octets = bytearray()
        async for piece in answer.aiter_bytes():
            octets += piece
            if len(octets) > self._most:
                raise Refused(TOO_LARGE)
        return bytes(octets)


_WAYS: Mapping[str, Callable[[Media, Any, str], Awaitable[bytes]]] = {
    "line": Media._line,
    "telegram": Media._telegram,
    "wechat": Media._wechat,
    "whatsapp": Media._whatsapp,
}


def _headers_for(account: Any, url: str) -> dict[str, str]:
    """What providers' own hosts want for media; a credential is given to nobody else."""
    host = urlsplit(url).hostname or ""
    home = _HOMES.get(account.channel)
    if home is None or not (host.endswith(home) or _is_base(url, account)):
        return {}
    if account.channel == "infobip":
        return {"Authorization": f"App {_secret(account.api_key)}"}
    if account.channel == "messagebird":
        return {"Authorization": f"AccessKey {_secret(account.access_key)}"}
    name = account.account_sid or account.account_id
    return {"Authorization": httpx.BasicAuth(name, _secret(account.auth_token))._auth_header}


_HOMES = {"infobip": ".infobip.com", "messagebird": ".messagebird.com", "twilio": ".twilio.com"}


def _bearer(account: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {_secret(account.access_token)}"}


def _secret(values: Any) -> str:
    if not values:
        raise Refused("the account has no token to fetch files with")
    return str(values[0])


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found:
        raise Refused(GONE)
    return found


def _is_base(url: str, account: Account) -> bool:
    return _origin(url) == _origin(str(getattr(account, "base_url", "")))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Whom a credential is for (RFC 6454 §4): the same name at another port is somebody else."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


async def _may_be_asked(url: str, account: Account) -> None:
    """Refuse what is not public: a customer's link must not lead into our own network."""
    parts = urlsplit(url)
    if _is_base(url, account):
        return
    if parts.scheme != "https" or not parts.hostname:
        raise Refused(NOWHERE)
    try:
        found = await anyio.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as why:
        raise Unavailable("the vendor's name is not known") from why
    if not all(ipaddress.ip_address(each[4][0]).is_global for each in found):
        raise Refused(NOWHERE)
