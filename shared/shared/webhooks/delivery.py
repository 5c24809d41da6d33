"""What came to a front door, as octets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came. Its repr shows nothing that the sender wrote.

    Names of headers are lower-case; of repeated ones the values are joined by `, ` (RFC 9110
    §5.3), of repeated query parameters the first counts. `url` is what the sender called where the
    address of the proxy in front is known, else what we see of it.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor wants to read in an answer of 200."""

    text: str = field(repr=False)
    media_type: str = "text/plain"


async def read(request: Request, public_url: str | None = None) -> Delivery:
    """Read a request whole. Raises what the shell's limits raise, 413 and 408.

    `public_url` (scheme, host, path before ours) is where the world finds us; what a proxy claims
    of it in headers is not asked, for anybody can write them.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, value)
    url = str(request.url)  # as text only: a stranger's Host may be none
    if public_url is not None:
        asked = request.scope["query_string"].decode("latin-1")
        url = f"{public_url.rstrip('/')}{request.scope['path']}{asked and '?'}{asked}"
    return Delivery(request.method, url, headers, query, await request.body())
