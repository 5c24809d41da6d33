"""The ways to fail.

Refused        the message can never succeed  → dead letters, with why; go on
Unavailable    the world is not ready         → wait in place; same message, same order
anything else  a bug                          → dead letters, loudly; many of them stop the service
"""


class Refused(Exception):
    """What was asked can never succeed; the first argument says why, without personal data."""


class Unavailable(Exception):
    """Something outside is away for now; the same request may succeed later."""
