"""What was once said must still be readable, and what is promised must not change."""

import importlib.util
import json
import logging
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec import Meta

from shared.contracts import asyncapi
from shared.contracts.base import Message, OpenEnum, Part, decode, encode, wire_type
from shared.contracts.logistics_watch import Milestone
from shared.contracts.topics import MESSAGES, TOPICS

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
SAMPLES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
"""`<Class>`, and `<Class>.<what is new in it>` of what the class has gained since."""


def _freeze() -> ModuleType:
    spec = importlib.util.spec_from_file_location("freeze", HERE / "freeze.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


freeze = _freeze()


def example(name: str) -> Message:
    return decode(
        MESSAGES[name.split(".", maxsplit=1)[0]], (EXAMPLES / f"{name}.json").read_bytes()
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_every_message_ever_said_still_decodes(name: str) -> None:
    written = json.loads((EXAMPLES / f"{name}.json").read_text())

    again = json.loads(encode(example(name)))

    assert kept(written, again) == written


def kept(written: Any, again: Any) -> Any:
    """Of what is written again, that which was written then: parts gain fields as messages do."""
    if isinstance(written, dict) and isinstance(again, dict):
        return {key: kept(written[key], again[key]) for key in written if key in again}
    if isinstance(written, list) and isinstance(again, list) and len(written) == len(again):
        return [kept(*each) for each in zip(written, again, strict=True)]
    return again


def test_every_example_belongs_to_a_message_and_every_message_has_one() -> None:
    assert {name.partition(".")[0] for name in SAMPLES} == set(MESSAGES)
    assert set(MESSAGES) <= set(SAMPLES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_class_keeps_every_field_type_and_member_it_was_frozen_with(name: str) -> None:
    frozen = json.loads((HERE / "frozen" / f"{name}.json").read_text())
    current = freeze.schemas(name)

    for part, schema in frozen.items():
        assert part in current, f"{part} is gone"
        assert set(schema.get("enum", ())) <= set(current[part].get("enum", ()))
        for field, kind in schema.get("properties", {}).items():
            assert current[part]["properties"].get(field) == kind, f"{part}.{field} changed"


@pytest.mark.parametrize("name", MESSAGES)
def test_a_field_that_is_added_has_a_default(name: str) -> None:
    frozen = json.loads((HERE / "frozen" / f"{name}.json").read_text())

    for part, schema in freeze.schemas(name).items():
        required = set(frozen.get(part, schema).get("required", ()))
        assert set(schema.get("required", ())) <= required, f"{part} demands more than before"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_reader_ignores_fields_that_it_does_not_know(name: str) -> None:
    body = json.loads((EXAMPLES / f"{name}.json").read_text())
    body["from_the_future"] = {"x": 1}

    assert decode(type(example(name)), json.dumps(body).encode()) == example(name)


def test_an_unknown_member_reads_unknown() -> None:
    assert msgspec.convert("teleported", Milestone) is Milestone.UNKNOWN
    for message in MESSAGES.values():
        for hint in get_type_hints(message).values():
            if isinstance(hint, type) and issubclass(hint, OpenEnum):
                assert "UNKNOWN" in hint.__members__, hint


def test_the_asyncapi_document_is_current() -> None:
    written = json.loads((HERE.parent.parent / "docs" / "asyncapi.json").read_text())

    assert written == json.loads(json.dumps(asyncapi.document())), "run `make docs`"


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_personal_shows_in_repr_log_or_traceback(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = example(name)
    personal = set(_personal(message))

    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("heard %s", message)
    try:
        raise ValueError(message)
    except ValueError:
        shown = traceback.format_exc()

    for value in personal:
        assert value not in repr(message)
        assert value not in caplog.text
        assert value not in shown


def test_the_messages_that_carry_people_are_marked() -> None:
    marked = {name for name in MESSAGES if set(_personal(example(name)))}

    assert {"MessageReceived", "OrderPlaced", "SendReply", "SendToChat", "AgentReplied"} <= marked


def _personal(part: Part) -> list[str]:
    found: list[str] = []
    hints = get_type_hints(type(part), include_extras=True)
    for field in part.__struct_fields__:
        value = getattr(part, field)
        if _is_marked(hints[field]):
            found += [value] if isinstance(value, str) else list(value or ())
        for inner in value if isinstance(value, tuple) else [value]:
            if isinstance(inner, Part):
                found += _personal(inner)
    return found


def _is_marked(hint: Any) -> bool:
    metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
    if any((meta.extra_json_schema or {}).get("x-personal") for meta in metas):
        return True
    return any(_is_marked(inner) for inner in getattr(hint, "__args__", ()))


def test_every_message_has_one_topic_and_a_key_it_owns() -> None:
    for topic in TOPICS:
        for message in topic.messages:
            assert topic.name == message.TOPIC
            assert set(message.KEY) <= set(message.__struct_fields__)
            assert example(message.__name__).key
    assert len({wire_type(message) for message in MESSAGES.values()}) == len(MESSAGES)


def test_a_topic_is_named_after_its_owner() -> None:
    for topic in TOPICS:
        owner, stream, version = topic.name.split(".")
        assert owner == topic.owner
        assert version == "v1"
        if stream == "commands":
            assert topic.listeners == (topic.owner,)
