"""What logistics-watch hears, and who answers. Two processes: `run` and `stream`."""

import asyncio
from collections.abc import Sequence
from functools import partial

from logistics_watch import api
from logistics_watch.carriers.aftership.client import AfterShip
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.handlers import orders, scans
from logistics_watch.settings import Settings
from logistics_watch.workers.registration import Registrar
from logistics_watch.workers.silence import Listener
from logistics_watch.workers.upkeep import Upkeep
from shared import service
from shared.bus import Bus
from shared.contracts.intake import OrderCancelled, OrderShipped
from shared.contracts.logistics_watch import ScanRecorded
from shared.http import shell
from shared.service import Runtime

NAME = "logistics-watch"
SCANS = f"{NAME}-scans"
"""The consumer group of the scan stream."""


async def run(settings: Settings) -> None:
    """Everything but the scan stream: orders, webhooks, registrations, silence, relay."""
    async with (
        service.opened(NAME, settings) as runtime,
        AfterShip(settings.aggregator_timeout) as aftership,
    ):
        registrar = Registrar(
            db=runtime.db,
            stores=runtime.stores,
            aftership=aftership,
            sites=TrackingSites.load(),
            settings=settings,
        )
        await runtime.run(
            order_bus(runtime, settings).run,
            runtime.relay().run,
            registrar.run,
            Listener(runtime.db).run,
            Upkeep(runtime.db, settings).run,
            runtime.serve(api.app(runtime.db, runtime.stores, runtime.callers, runtime.ready)),
        )


async def stream(settings: Settings) -> None:
    """The scan stream, with probes and metrics that answer before it has joined its group.

    What it causes lies in the outbox that the relay of `run` empties.
    """
    # Only here: `run` has no use for Faust, which takes 0.4 s and 16 MB.
    from logistics_watch.stream import ScanStream  # noqa: PLC0415

    async with service.opened(NAME, settings) as runtime:
        scan_stream = ScanStream(scan_bus(runtime, settings), settings)

        async def ready() -> dict[str, object]:
            facts = await scan_stream.facts()
            return {**await runtime.ready(), **facts}

        async def probes(stop: asyncio.Event) -> None:
            pages = shell("logistics-watch stream", callers=runtime.callers, ready=ready)
            await service.serve(pages, settings.http_host, settings.stream_http_port, stop)

        await runtime.run(probes, scan_stream.run)


def buses(runtime: Runtime) -> Sequence[Bus]:
    """All that listens in this service, for replays of dead letters."""
    settings = runtime.settings
    assert isinstance(settings, Settings)  # noqa: S101 - the command line made them
    return order_bus(runtime, settings), scan_bus(runtime, settings)


def order_bus(runtime: Runtime, settings: Settings) -> Bus:
    """Orders: what is shipped and what is called off."""
    shipped = partial(orders.on_order_shipped, stalls=settings.stalls(), sites=TrackingSites.load())
    return runtime.bus({OrderShipped: shipped, OrderCancelled: orders.on_order_cancelled})


def scan_bus(runtime: Runtime, settings: Settings) -> Bus:
    """Scans. Nobody runs it: Faust fetches for it."""
    on_scans = partial(scans.on_scans, stalls=settings.stalls())
    return runtime.bus({ScanRecorded: on_scans}, consumer=SCANS)
