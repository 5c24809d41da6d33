"""Kafka → transaction → handlers → outbox → Kafka: at least once in, exactly once in effect."""

from shared.bus.answering import BatchHandler, Handler, batch
from shared.bus.breaker import Broken
from shared.bus.consumer import Bus
from shared.bus.outbox import say
from shared.bus.records import Heard, Record, Said, cause_of
from shared.bus.relay import Relay

__all__ = [
    "BatchHandler",
    "Broken",
    "Bus",
    "Handler",
    "Heard",
    "Record",
    "Relay",
    "Said",
    "batch",
    "cause_of",
    "say",
]
