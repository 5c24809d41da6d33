"""Files that vendors hold for us, each fetched as its vendor wants it.

Sources: Graph API, "media" (WhatsApp); Bot API, "getFile" (Telegram); Messaging API, "get content"
(LINE); official accounts, "media/get" (WeChat); Messaging API, "media resource" (Twilio); "Retrieve
inbound attachment with download token" (Brevo); "API authentication" (Infobip, MessageBird). The
others give an address.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from intake.clients.fetching import GONE, NOWHERE, Fetcher, is_public, origin
from intake.domain.shapes import obj
from shared.errors import Refused, Unavailable
from shared.stores import Account

_PATIENCE = 120.0
"""Seconds for a whole file: a server may send a letter now and then and never end."""

TOO_LARGE = "larger than is taken in"


class Media:
    """Fetches files for all accounts."""

    def __init__(self, most_octets: int) -> None:
        self._most = most_octets
        self._fetcher = Fetcher()

    async def close(self) -> None:
        """Let connections go."""
        await self._fetcher.close()

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

    async def _brevo(self, account: Any, token: str) -> bytes:
        address = f"{account.base_url}/inbound/attachments/{quote(token, safe='')}"
        return await self._get(address, account, {"api-key": _secret(account.api_key)})

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
        """GET from the account's own base address, or from any public host."""

        async def may_be_asked(address: str) -> bool:
            if _is_base(address, account):
                return True
            await is_public(address)
            return False

        octets = await self._fetcher.get(
            url, may_be_asked, most=self._most, headers=headers, query=query
        )
        if len(octets) > self._most:
            raise Refused(TOO_LARGE)
        return octets


_WAYS: Mapping[str, Callable[[Media, Any, str], Awaitable[bytes]]] = {
    "brevo": Media._brevo,
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
    return origin(url) == origin(str(getattr(account, "base_url", "")))
