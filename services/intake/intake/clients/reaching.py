"""Connections into the world, and never into our own network.

A name that a stranger chose may have one address when it is looked at and another when it is
connected to. So what is connected to is an address that was looked at, not the name.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import anyio
import httpcore
import httpx

from shared.errors import Refused, Unavailable

NOWHERE = "an address that is not fetched from"
_MOST = 4
"""Addresses of one name that are tried."""
_PATIENCE = 10.0
"""Seconds for a name to be looked up: whoever asks is not to wait for a resolver that is away."""


def public_only(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, which from now on connects to public addresses alone; what else raises `Refused`.

    What goes by a proxy of the environment is connected to by that.
    """
    transport: Any = http._transport
    transport._pool._network_backend = _Public()
    return http


async def addresses_of(host: str, port: int) -> list[str]:
    """Where a name leads, if all of that is public. Raises `Refused`, `Unavailable`."""
    try:
        with anyio.fail_after(_PATIENCE):
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as why:
        raise Unavailable("the vendor's name is not known") from why
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(map(_is_public, addresses)):
        raise Refused(NOWHERE)
    return addresses


def _is_public(address: str) -> bool:
    """Whether it is in nobody's network; what only wraps another address is that one."""
    told = ipaddress.ip_address(address)
    if isinstance(told, ipaddress.IPv6Address):
        translated = told in _NAT64 and ipaddress.IPv4Address(int(told) & 0xFFFFFFFF)
        inner = told.ipv4_mapped or told.sixtofour or translated
        if inner:
            return _is_public(str(inner))
    return told.is_global and not told.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052 §2.1."""


class _Public(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._tcp = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """To the first of the name's addresses that takes the connection."""
        addresses = (await addresses_of(host, port))[:_MOST]
        each = timeout / len(addresses) if timeout else None
        for address in addresses[:-1]:
            try:
                return await self._tcp.connect_tcp(
                    address, port, each, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._tcp.connect_tcp(addresses[-1], port, each, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._tcp.sleep(seconds)
