"""Mails that lie with the service that took them in, each fetched as its service wants it.

Sources: resend.com/docs, "Retrieve received email" (`raw.download_url`), "List attachments";
docs.mailtrap.io, "Inbound: messages" (`raw_message_url`); documentation.mailgun.com, "View stored
messages" (`Accept: message/rfc2822`, `body-mime`); SES Developer Guide, "Deliver to S3 bucket".
"""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from intake.clients import buckets
from intake.clients.fetching import GONE, NOWHERE, Fetcher, is_public, origin
from intake.domain.composing import File, compose, of_object, texts_of, with_missing
from intake.domain.shapes import Object, obj, objects, text
from shared.errors import Refused, Unavailable
from shared.stores import Account
from shared.stores.accounts.mail import (
    MailgunAccount,
    MailtrapAccount,
    ResendAccount,
    SesAccount,
)

_PATIENCE = 60.0
"""Seconds for a whole mail: a server may send a letter now and then and never end."""
_MOST_FILES = 50


class MailApis:
    """Fetches mails for all accounts, of each at most so many octets and one."""

    def __init__(self, most_octets: int) -> None:
        self._most = most_octets
        self._fetcher = Fetcher()

    async def close(self) -> None:
        """Let connections go."""
        await self._fetcher.close()

    async def mail(self, account: Account, reference: Sequence[str]) -> bytes:
        """A mail's octets (RFC 5322); of a larger one the first, one more than the most.

        `reference` is what its service told of it. Raises `Refused` with a constant reason, or
        `Unavailable`.
        """
        way = _WAYS.get(account.channel)
        if way is None:
            raise Refused(NOWHERE)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await way(self, account, *reference)
        except TimeoutError as why:
            raise Unavailable("the vendor does not come to an end") from why
        except (TypeError, ValueError, httpx.InvalidURL):
            raise Refused(NOWHERE) from None  # no port, no name, no address, no such parts

    async def _resend(self, account: ResendAccount, email_id: str) -> bytes:
        there = f"{account.base_url}/emails/receiving/{quote(email_id, safe='')}"
        # By default images would come twice, once inside the text.
        told = await self._json(
            there, partial(_is_base, account), _bearer(account.api_key), {"html_format": "cid"}
        )
        if url := text(obj(told.get("raw")).get("download_url")):
            return await self._download(url, account)
        return compose(
            with_missing(
                of_object(told.get("headers")),
                {
                    "From": told.get("from"),
                    "To": ", ".join(map(str, told.get("to") or ())),
                    "Subject": told.get("subject"),
                    "Message-ID": told.get("message_id"),
                },
            ),
            texts_of(told, "text", "html"),
            await self._files(f"{there}/attachments", account, told),
        )

    async def _files(self, url: str, account: ResendAccount, told: Object) -> list[File]:
        if not told.get("attachments"):
            return []
        listed = await self._json(url, partial(_is_base, account), _bearer(account.api_key))
        files: list[File] = []
        left = self._most
        for one in list(objects(listed.get("data")))[:_MOST_FILES]:
            if left <= 0:
                break  # the mail is read up to here: what comes later need not be held
            octets = await self._download(_text(one, "download_url"), account)
            left -= len(octets)
            name, kind = text(one.get("filename")), text(one.get("content_type"))
            content_id = text(one.get("content_id"))
            files.append(File(name=name, media_type=kind, octets=octets, content_id=content_id))
        return files

    async def _mailtrap(self, account: MailtrapAccount, inbox_id: str, message_id: str) -> bytes:
        named = f"{quote(inbox_id, safe='')}/messages/{quote(message_id, safe='')}"
        address = f"{account.base_url}/api/inbound/inboxes/{named}"
        told = await self._json(address, partial(_is_base, account), _bearer(account.api_token))
        return await self._download(_text(told, "raw_message_url"), account)

    async def _mailgun(self, account: MailgunAccount, url: str) -> bytes:
        """The address stands in a body that is not signed: the key goes to Mailgun alone."""
        key = base64.b64encode(f"api:{_secret(account.api_key)}".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Accept": "message/rfc2822"}
        told = await self._json(url, partial(_is_stored, account), headers)
        return _text(told, "body-mime").encode("utf-8", "surrogatepass")

    async def _ses(self, account: SesAccount, bucket: str, key: str) -> bytes:
        if bucket not in account.buckets:
            raise Refused(NOWHERE)
        return await buckets.first_octets(account, bucket, key, self._most + 1)

    async def _download(self, url: str, account: ResendAccount | MailtrapAccount) -> bytes:
        """From where the service has laid it; whoever knows the address may fetch it."""

        async def may_be_asked(address: str) -> bool:
            if _is_base(account, address):
                return True
            host = f".{urlsplit(address).hostname}"
            if not host.endswith(tuple(f".{each}" for each in account.download_hosts)):
                raise Refused(NOWHERE)
            await is_public(address)
            return False

        return await self._fetcher.get(url, may_be_asked, most=self._most)

    async def _json(
        self,
        url: str,
        is_theirs: Callable[[str], bool],
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """What an API answers; the key in the headers is for addresses that are the service's."""

        async def may_be_asked(address: str) -> bool:
            if not is_theirs(address):
                raise Refused(NOWHERE)
            return True

        octets = await self._fetcher.get(
            url, may_be_asked, most=self._most * 2, headers=headers, query=query
        )
        try:
            return obj(msgspec.json.decode(octets))
        except (msgspec.DecodeError, RecursionError, UnicodeError) as why:
            raise Unavailable("the vendor's answer cannot be read") from why


_WAYS: Mapping[str, Callable[..., Awaitable[bytes]]] = {
    "amazon-ses": MailApis._ses,
    "mailgun": MailApis._mailgun,
    "mailtrap": MailApis._mailtrap,
    "resend": MailApis._resend,
}

_STORED = re.compile(r"/v\d/domains/(?!\.)[\w.-]+/messages/(?!\.)(?:[\w=+~.-]|%3[dD])+", re.ASCII)
_MAILGUN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,3}mailgun\.net")


def _is_stored(account: MailgunAccount, url: str) -> bool:
    """Whether it is the address of a stored mail at Mailgun's own hosts, or the account's."""
    parts = urlsplit(url)
    is_theirs = (
        parts.scheme == "https"
        and parts.port in (None, 443)
        and bool(_MAILGUN.fullmatch(parts.hostname or ""))
    )
    is_plain = parts.username is None and not (parts.query or parts.fragment)
    has_path = bool(_STORED.fullmatch(parts.path))
    return (is_theirs or _is_base(account, url)) and is_plain and has_path


def _is_base(account: Account, url: str) -> bool:
    return origin(url) == origin(str(getattr(account, "base_url", "")))


def _bearer(key: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {_secret(key)}"}


def _secret(values: Any) -> str:
    if not values:
        raise Refused("the account has no key to fetch mails with")
    return str(values[0])


def _text(told: Object, name: str) -> str:
    found = text(told.get(name))
    if not found:
        raise Refused(GONE)
    return found
