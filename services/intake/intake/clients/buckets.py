"""Amazon S3, where SES lays mails that a receipt rule says to keep there."""

from datetime import timedelta
from typing import Any

import obstore
from obstore.store import S3Store

from intake.clients.fetching import GONE
from shared.errors import Refused, Unavailable
from shared.stores.accounts.mail import SesAccount

_TIMEOUT = timedelta(seconds=20)

LOCKED = "locked with a key of KMS that only its owner opens"


async def first_octets(account: SesAccount, bucket: str, key: str, most: int) -> bytes:
    """The first octets of an object, at most so many. Raises `Refused`, `Unavailable`."""
    try:
        store = _store(account, bucket)
        found = await obstore.get_async(store, key)
        if any(name.lower().startswith("x-amz-key") for name in found.attributes):
            # SES locks by the S3 encryption client; what lies there is no mail (SES Developer
            # Guide, "Deliver to S3 bucket", message encryption).
            raise Refused(LOCKED)
        octets = bytearray()
        async for piece in found.stream():
            octets += bytes(piece)
            if len(octets) >= most:
                break
        return bytes(octets[:most])
    except FileNotFoundError as why:
        raise Refused(GONE) from why
    except (OSError, obstore.exceptions.BaseError) as why:
        raise Unavailable(f"S3: {type(why).__name__}") from why


def _store(account: SesAccount, bucket: str) -> S3Store:
    """Without keys of the account those of the environment count, or the machine's role."""
    given: dict[str, Any] = {"region": account.region, "endpoint": account.base_url}
    if account.access_key_id is not None and account.secret_access_key:
        given["access_key_id"] = account.access_key_id
        given["secret_access_key"] = account.secret_access_key[0]
    return S3Store(
        bucket,
        **{name: value for name, value in given.items() if value is not None},
        client_options={
            "timeout": _TIMEOUT,
            "allow_http": (account.base_url or "").startswith("http:"),
        },
        retry_config={"max_retries": 0},
    )
