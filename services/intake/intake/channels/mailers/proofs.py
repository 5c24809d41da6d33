"""What mail services prove themselves with beside a signature: HTTP basic auth, or `?secret=`."""

from shared.stores import Secret
from shared.webhooks import Delivery, has_basic, has_secret


def shared(delivery: Delivery, secret: Secret | None) -> bool | None:
    """Whether the request carries the secret; None where the account has none."""
    if not secret:
        return None
    return has_basic(delivery, secret) or has_secret(delivery, secret)


def proven(*checks: bool | None) -> bool:
    """Whether everything that the account asks for is there; it must ask for something."""
    asked = [check for check in checks if check is not None]
    return bool(asked) and False not in asked
