"""The knobs of notify."""

from datetime import timedelta

from shared.settings import ServiceSettings, config


class Settings(ServiceSettings):
    """What notify reads from the environment, besides what every service reads."""

    model_config = config("NOTIFY_")

    in_flight: int = 32
    """Attempts that one process makes at the same time."""
    in_flight_each: int = 8
    """Of these, attempts through one store's one channel: connections to its mail server."""
    mail_timeout: timedelta = timedelta(seconds=20)
    """How long each step of the dialogue with a mail server may take."""
    http_timeout: timedelta = timedelta(seconds=20)
    """How long a call of a vendor's API may take."""
    call_timeout: timedelta = timedelta(seconds=60)
    """How long a whole attempt may take."""
    lease: timedelta = timedelta(minutes=2)
    """When the attempt of a process that died is made again by another; longer than an attempt."""
    late_after: timedelta = timedelta(hours=24)
    """News that reached us so long after it happened is not told; alarms so old neither."""
    order_awaited: timedelta = timedelta(hours=24)
    """How long a notice waits for an order that nobody has told of."""
    give_up_after: timedelta = timedelta(hours=24)
    """How long a notice is tried again."""
    give_up_replies_after: timedelta = timedelta(hours=2)
    """How long an agent's reply is tried again, before the conversation comes back to an agent."""
