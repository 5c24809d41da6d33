"""What came to a front door, as octets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request


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


async def read(request: Request) -> Delivery:
    """Read a request whole. Raises what the shell's limits raise, 413 and 408."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, value)
    return Delivery(request.method, str(request.url), headers, query, await request.body())
