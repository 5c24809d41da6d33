"""What returns hears, who answers it, and what else runs."""

from importlib.resources import files

from returns import api
from returns.domain import policy
from returns.domain.policy import Policies
from returns.handlers import hearing, payments
from returns.settings import Settings
from returns.workers import RefundWorker
from shared import service
from shared.bus import Bus
from shared.contracts.intake import (
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.logistics_watch import ShipmentDelivered
from shared.errors import Refused
from shared.service import Runtime


async def run(settings: Settings) -> None:
    """Run returns until told to stop. Raises `Refused` when the policy file is none."""
    policies = read_policies(settings)
    async with service.opened("returns", settings) as runtime:
        await runtime.run(
            *(bus.run for bus in buses(runtime)),
            runtime.relay().run,
            RefundWorker(runtime.db, runtime.stores, settings).run,
            runtime.serve(api.app(runtime.db, policies, runtime.callers, runtime.ready)),
        )


def buses(runtime: Runtime) -> list[Bus]:
    """What returns listens with."""
    return [
        runtime.bus(
            {
                OrderPlaced: hearing.on_orders,
                OrderPaid: hearing.on_orders,
                OrderShipped: hearing.on_orders,
                OrderCancelled: hearing.on_orders,
                OrderRefunded: payments.on_order_refunded,
                ShipmentDelivered: hearing.on_shipments_delivered,
            }
        )
    ]


def read_policies(settings: Settings) -> Policies:
    """The policy file of the settings, else the one inside the package."""
    if settings.policy_file is None:
        return policy.read((files("returns") / "policies.yaml").read_text("utf-8"))
    try:
        text = settings.policy_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"policy file {settings.policy_file}: {error}") from error
    return policy.read(text)
