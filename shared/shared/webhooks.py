"""Front doors: what a vendor sends is verified over its raw octets, kept, and answered 200.

One function for all vendors; each brings its `verify`. The order is fixed:

    no account, or it is off → 404      too fast → 429      too large → 413
    not authentic → 401                 no JSON, XML or form → 400
    kept → 200                          database away → 503 (the shell's)
"""

import base64
import hmac
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from shared import metrics, rates
from shared.http.guard import TooLarge
from shared.stores.accounts import AccountModel

log = structlog.get_logger()

A = TypeVar("A", bound=AccountModel)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came. Its repr shows nothing that the sender wrote.

    Names of headers are lower-case; of repeated ones the values are joined by `, ` (RFC 9110
    §5.3), of repeated query parameters the first counts. `url` is what we see of it: behind a
    proxy it is not what the sender called.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


async def receive(
    request: Request,
    *,
    account: A | None,
    verify: Callable[[Delivery, A], bool],
    keep: Callable[[Delivery, Any], Awaitable[None]],
) -> Response:
    """Take one webhook in: 200 only after `keep(delivery, payload)` returned.

    `payload` is the body parsed by its media type: JSON (any value), form (dict of first values)
    or XML (`ElementTree.Element`), U+FFFD for what no database stores; `keep` commits before it
    returns. The limit counts per account
    and process. What `keep` raises goes to the shell: database away → 503, `Refused` → 422.
    """
    account = _at_door(account)
    try:
        delivery = await _read(request)
    except TooLarge:
        _count(account, "too_large")
        raise
    if not verify(delivery, account):
        raise _not_authentic(account)
    try:
        payload = parse(delivery)
    except ValueError:
        _count(account, "malformed")
        raise HTTPException(400, "the body is no JSON, XML or form") from None
    await keep(delivery, payload)
    _count(account, "kept")
    return Response(status_code=200)


async def handshake(
    request: Request, *, account: A | None, challenge: Callable[[Delivery, A], str | None]
) -> Response:
    """Answer a vendor's GET that proves the address is ours: 200 with the text it wants back.

    `challenge` gives that text, or `None` when the request is not authentic → 401.
    """
    account = _at_door(account)
    text = challenge(await _read(request), account)
    if text is None:
        raise _not_authentic(account)
    _count(account, "handshake")
    return PlainTextResponse(text)


def _at_door(account: A | None) -> A:
    if account is None:
        metrics.webhooks.labels("unknown", "no_account").inc()
        raise HTTPException(404)
    seconds = rates.wait(
        account.max_requests_per_second, "webhook", account.channel, account.account_id
    )
    if seconds:
        _count(account, "too_fast")
        raise HTTPException(429, headers={"Retry-After": str(math.ceil(seconds))})
    return account


def _not_authentic(account: AccountModel) -> HTTPException:
    _count(account, "not_authentic")
    if not rates.wait(1, "log", account.channel, account.account_id):
        log.warning(
            "webhook is not authentic", channel=account.channel, account_id=account.account_id
        )
    return HTTPException(401, "not authentic")


def _count(account: AccountModel, outcome: str) -> None:
    metrics.webhooks.labels(account.channel, outcome).inc()


async def _read(request: Request) -> Delivery:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, value)
    return Delivery(request.method, str(request.url), headers, query, await request.body())


def parse(delivery: Delivery) -> Any:
    """Read a body by its media type, or by its first character where the type tells nothing.

    Raises `ValueError` for what is none of JSON, form and XML.
    """
    media_type = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/x-www-form-urlencoded":
        return _form(delivery.body)
    first = delivery.body.lstrip()[:1]
    if media_type.endswith(("/xml", "+xml")) or (
        not media_type.endswith(("/json", "+json")) and first == b"<"
    ):
        return _xml(delivery.body)
    return _json(delivery.body)


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL
)


def _json(body: bytes) -> Any:
    body = body.removeprefix(b"\xef\xbb\xbf")  # a reader may ignore it (RFC 8259 §8.1)
    if b"\\u0000" in body:
        body = _repaired(body)
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except msgspec.DecodeError:
        return msgspec.json.decode(_repaired(body))


def _repaired(body: bytes) -> bytes:
    """Replace what JSON may escape and nothing can store: NUL and halves of surrogate pairs.

    A sender that cuts a text inside an emoji writes such halves; the rest of it must not be lost.
    """
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


def _form(body: bytes) -> dict[str, str]:
    if not body:
        raise ValueError("no form")
    pairs = parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=1000,
    )
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value.replace("\0", "\ufffd"))
    return found


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a document type, and with it every entity that a document could define."""

    def doctype(self, *_: object) -> None:
        raise ValueError("a document type is not taken")


def _xml(body: bytes) -> ElementTree.Element:
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - no DTD, so no entities
        parser.feed(body)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError("no XML") from error
    return root


def equal(given: str, expected: str) -> bool:
    """Compare in constant time. Empty is never equal: no secret lets nobody in."""
    same = hmac.compare_digest(
        given.encode("utf-8", "replace"), expected.encode("utf-8", "replace")
    )
    return same and bool(expected)


def hmac_hex(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """HMAC of the body in lower-case hex."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def hmac_base64(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """HMAC of the body in base64, padded."""
    return base64.b64encode(hmac.new(secret.encode(), body, algorithm).digest()).decode()


_WRITTEN = {"hex": hmac_hex, "base64": hmac_base64}


def is_signed(
    delivery: Delivery,
    secrets: Iterable[str],
    *,
    header: str,
    prefix: str = "",
    written: Literal["hex", "base64"] = "hex",
) -> bool:
    """Whether a header carries the HMAC-SHA256 of the raw body under one of the secrets.

    `prefix` stands before the MAC, e.g. `sha256=`. All secrets are tried, whichever fits.
    """
    given = delivery.headers.get(header.lower(), "")
    if not given.startswith(prefix):
        return False
    given = given.removeprefix(prefix)
    given = given.lower() if written == "hex" else given
    mac = _WRITTEN[written]
    return True in [equal(given, mac(secret, delivery.body)) for secret in secrets]


def has_secret(delivery: Delivery, secrets: Iterable[str], *, parameter: str = "secret") -> bool:
    """Whether the URL carries one of the secrets: for vendors that sign nothing.

    What such a vendor tells is a hint, to be checked at the vendor before it counts.
    """
    given = delivery.query.get(parameter, "")
    return True in [equal(given, secret) for secret in secrets]
