"""Where files lie: a folder, or an object store of the S3 kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, from_url

from shared.contracts.base import StoreId
from shared.errors import Refused, Unavailable


class Objects:
    """Files by the SHA-256 of their octets, apart by store. Written twice, it is one file."""

    def __init__(self, place: str) -> None:
        """`place` is a folder, made where it is missing, or a URL such as s3://bucket/prefix.

        Credentials of an object store are the environment's, by its own names (AWS_…).
        """
        if "://" in place:
            self._store = from_url(place)
        else:
            self._store = LocalStore(prefix=str(Path(place).absolute()), mkdir=True)

    async def put(self, store_id: StoreId, sha256: str, octets: bytes) -> None:
        """Keep a file. Raises `Unavailable`."""
        try:
            await obstore.put_async(self._store, _path(store_id, sha256), octets)
        except (OSError, obstore.exceptions.BaseError) as why:
            raise Unavailable("the store of files") from why

    async def get(self, store_id: StoreId, sha256: str) -> AsyncIterator[bytes]:
        """A file, piece by piece. Raises `Refused` where there is none, `Unavailable`."""
        try:
            found = await obstore.get_async(self._store, _path(store_id, sha256))
        except FileNotFoundError:
            raise Refused("no such file") from None
        except (OSError, obstore.exceptions.BaseError) as why:
            raise Unavailable("the store of files") from why
        return _pieces(found)


async def _pieces(found: "obstore.GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream():
        yield bytes(piece)


def _path(store_id: StoreId, sha256: str) -> str:
    return f"{store_id}/{sha256[:2]}/{sha256}"
