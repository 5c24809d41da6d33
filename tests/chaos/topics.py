"""What was said on Kafka: every record of a topic, and whether each thing was said once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus import Heard, Record
from shared.bus import kafka as clients
from shared.bus.records import read, wire_types
from shared.contracts.base import Message
from shared.contracts.routing import (
    AgentReplied,
    ConversationAssigned,
    ConversationReleased,
    ConversationResolved,
    SendReply,
)
from shared.contracts.topics import MESSAGES
from shared.settings import KafkaSettings
from tests.chaos.evidence import Facts

_TYPES = wire_types(list(MESSAGES.values()))


@dataclass
class Said:
    """What a topic holds: each event once, in the order of first arrival, and what came again."""

    events: list[Heard[Message]] = field(default_factory=list)
    again: int = 0


async def said_on(kafka: KafkaSettings, topic: str) -> Said:
    """Read a topic from its first record to its last."""
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False, auto_offset_reset="earliest", **clients.connection(kafka)
    )
    await consumer.start()
    found = Said()
    seen: set[UUID] = set()
    try:
        name = kafka.topic_prefix + topic
        parts = [TopicPartition(name, part) for part in consumer.partitions_for_topic(name) or ()]
        if not parts:
            parts = [TopicPartition(name, n) for n in range(kafka.partitions or 0)]
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        ends = await consumer.end_offsets(parts)
        while [part for part in parts if await consumer.position(part) < ends[part]]:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for each in records:
                    record = Record(topic, each.partition, each.offset, *_content(each))
                    heard = read(record, _TYPES)
                    assert heard is not None, f"{topic}: a record that nobody knows"
                    found.again += heard.id in seen
                    if heard.id not in seen:
                        found.events.append(heard)
                    seen.add(heard.id)
    finally:
        await clients.within(10, consumer.stop())
    return found


def _content(given: object) -> tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes]]]:
    return (
        getattr(given, "key", None),
        getattr(given, "value", None),
        getattr(given, "headers", ()),
    )


def wrong_commands(commands: Iterable[Heard[Message]], facts: Facts) -> list[str]:
    """Replies that did not lead to exactly one SendReply, and commands of no reply."""
    ids: dict[UUID, list[UUID]] = defaultdict(list)
    for heard in commands:
        assert isinstance(heard.message, SendReply)
        ids[heard.message.reply_id].append(heard.id)
    replies = {reply.id for reply in facts.replies}
    found = [f"reply {one}: no SendReply" for one in replies - ids.keys()]
    found += [f"SendReply of {one}, which is no reply" for one in ids.keys() - replies]
    return found + [f"reply {one}: {n} SendReply" for one, n in ids.items() if len(n) != 1]


def wrong_streams(events: Iterable[Heard[Message]], facts: Facts) -> list[str]:
    """Conversations of which a listener does not hear every version once and in order."""
    versions: dict[UUID, list[int]] = defaultdict(list)
    counted: dict[type[Message], int] = defaultdict(int)
    for heard in events:
        counted[type(heard.message)] += 1
        versions[getattr(heard.message, "conversation_id")].append(  # noqa: B009 - of many types
            getattr(heard.message, "version")  # noqa: B009 - of many types
        )
    expected = {each.id: list(range(1, each.version + 1)) for each in facts.conversations}
    found = [
        f"{one}: versions {versions.get(one)} were heard, {expected.get(one)} were made"
        for one in versions.keys() | expected.keys()
        if versions.get(one) != expected.get(one)
    ]
    return found + _miscounted(counted, facts)


def _miscounted(counted: Mapping[type[Message], int], facts: Facts) -> list[str]:
    expected: dict[type[Message], int] = {
        ConversationAssigned: len(facts.offers),
        ConversationReleased: len(facts.offers),
        ConversationResolved: len(facts.offers),
        AgentReplied: len(facts.replies),
    }
    return [
        f"{counted.get(kind, 0)} {kind.__name__} instead of {count}"
        for kind, count in expected.items()
        if counted.get(kind, 0) != count
    ]
