"""The AsyncAPI 3 document of all topics and messages, made from the contracts.

`python -m shared.contracts.asyncapi` prints it; `docs/asyncapi.json` is its output.
"""

import inspect
import json
import sys
from typing import Any

import msgspec

from shared.contracts.base import Message, wire_type
from shared.contracts.topics import MESSAGES, TOPICS, Topic

_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode; values are UTF-8 text.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
    "properties": {
        name: {"type": "string", "description": sentence}
        for name, sentence in {
            "ce_specversion": "1.0",
            "ce_id": "UUID of the event; the same whenever it is said again",
            "ce_source": "/meridian/<service>",
            "ce_type": "meridian.<Class>.v1",
            "ce_time": "when its sayer committed it, RFC 3339 with offset",
            "ce_subject": "the Kafka key",
            "ce_storeid": "the store, empty for the team's events",
            "content-type": "application/json",
            "traceparent": "W3C trace context",
            "ce_causationid": "UUID of what caused it",
            "ce_correlationid": "UUID of the flow's first cause",
        }.items()
    },
}


def document() -> dict[str, Any]:
    """The whole document, as JSON-ready dicts."""
    _, components = msgspec.json.schema_components(
        list(MESSAGES.values()), ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Meridian",
            "version": "1.0.0",
            "description": "What the services say to each other on Kafka.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(_operation(topic, who) for topic in TOPICS for who in _who(topic)),
        "components": {
            "messages": {name: _message(message) for name, message in MESSAGES.items()},
            "schemas": dict(sorted(components.items())),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    listeners = ", ".join(topic.listeners) or "boards outside"
    return {
        "address": topic.name,
        "description": f"Said by {topic.owner}; heard by {listeners}.",
        "messages": {
            message.__name__: {"$ref": f"#/components/messages/{message.__name__}"}
            for message in topic.messages
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": int(topic.retention.total_seconds() * 1000),
                },
            }
        },
    }


def _who(topic: Topic) -> list[tuple[str, str]]:
    # An event is sent by its owner; a command is sent to its owner.
    hears = [(listener, "receive") for listener in topic.listeners]
    return hears if topic.name.endswith(".commands.v1") else [(topic.owner, "send"), *hears]


def _operation(topic: Topic, who: tuple[str, str]) -> tuple[str, dict[str, Any]]:
    service, action = who
    return f"{service}:{action}:{topic.name}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{service} {'says' if action == 'send' else 'hears'} {topic.name}",
    }


def _message(message: type[Message]) -> dict[str, Any]:
    return {
        "name": wire_type(message),
        "title": message.__name__,
        "summary": inspect.cleandoc(message.__doc__ or "").split("\n", maxsplit=1)[0],
        "contentType": "application/json",
        "headers": _HEADERS,
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": " + ".join(message.KEY)}}},
    }


def main() -> None:
    """Print the document."""
    json.dump(document(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
