"""Ports of this machine that a server may take and take again after a restart."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 20_000
_EPHEMERAL = 32_768


def free_port() -> int:
    """Return a port that nobody listens on, below the range from which outgoing connections draw.

    A restarted server could not bind a port of that range when a client's socket sits on it.
    """
    top = _first_ephemeral()
    bottom = min(_LOWEST, top // 2)
    while True:
        port = random.randrange(bottom, top)  # noqa: S311
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port."""
    with socket.socket() as probe:
        # As servers do; without it a port just left would count as taken for a minute (TIME_WAIT).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _first_ephemeral() -> int:
    try:
        low = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0]
    except OSError:
        return _EPHEMERAL
    return min(int(low), _EPHEMERAL) if int(low) > 2_048 else _EPHEMERAL
