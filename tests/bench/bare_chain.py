"""The bare chain of the same hops: HTTP commit → outbox → Kafka → commit → outbox → Kafka.

`front PORT` takes POST / and says one message; `back` hears it and says another. Both stand on the
same bus, outbox and relay as the services; nothing is parsed, classified or decided.
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvloop
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared import clock, service
from shared.bus import cause_of, say
from shared.contracts.base import AccountId, Channel, Message, NotificationId, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.contracts.notify import NotificationFailed
from shared.db import Database, Transaction
from shared.settings import ServiceSettings, config

FRONT, BACK = "bench-front", "bench-back"
TABLE = "CREATE TABLE kept (id text PRIMARY KEY, at timestamptz NOT NULL)"
_KEEP = text("INSERT INTO kept VALUES (:id, :at) ON CONFLICT DO NOTHING")


class Settings(ServiceSettings):
    """As every service's."""

    model_config = config("BENCH_")


async def take(request: Request, *, db: Database) -> Response:
    """Keep the body's id, say it, commit, 200."""
    identity = (await request.body()).decode()
    now = clock.now()
    message = MessageStatusChanged(
        occurred_at=now,
        store_id=StoreId("aurora"),
        version=1,
        channel=Channel("bench"),
        account_id=AccountId("bench"),
        external_id=identity,
        status=Delivery.SENT,
    )
    async with db.transaction() as tx:
        await tx.execute(_KEEP, {"id": identity, "at": now})
        await say(tx, [message], cause=cause_of("bench", identity))
    return Response()


async def pass_on(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
    """Keep it and say the next."""
    await tx.execute(_KEEP, {"id": message.external_id, "at": message.occurred_at})
    return [
        NotificationFailed(
            occurred_at=message.occurred_at,
            store_id=message.store_id,
            version=1,
            notification_id=NotificationId(cause_of(message.external_id)),
            template="bench",
            channel=Channel("bench"),
            why=message.external_id,
        )
    ]


async def run(which: str, settings: Any) -> None:
    """One of the two processes."""
    name = FRONT if which == "front" else BACK
    async with service.opened(name, settings) as runtime:
        if which == "front":
            app = Starlette(
                routes=[
                    Route("/", partial(take, db=runtime.db), methods=["POST"]),
                    Route("/readyz", lambda _: Response()),
                ]
            )
            await runtime.run(runtime.relay().run, runtime.serve(app))
        else:
            bus = runtime.bus({MessageStatusChanged: pass_on})
            await runtime.run(runtime.relay().run, bus.run)


if __name__ == "__main__":
    from shared import migrations

    async def nothing(*_: object) -> None:
        """The bench made the tables."""

    setattr(migrations, "prepare", nothing)  # noqa: B010
    uvloop.run(run(sys.argv[1], Settings()))
