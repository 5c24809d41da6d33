"""Add to `frozen/` what the contracts have gained: `python tests/contracts/freeze.py`.

It only adds. A field, type or enum member that was frozen stays; a test holds the contracts to it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from shared.contracts.topics import MESSAGES

FROZEN = Path(__file__).parent / "frozen"


def schemas(name: str) -> dict[str, Any]:
    """The JSON schemas of one message and all its parts, by class name; sentences left out."""
    _, found = msgspec.json.schema_components([MESSAGES[name]], ref_template="{name}")
    bare: dict[str, Any] = json.loads(json.dumps(_bare(found)))
    return bare


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: _bare(v) for k, v in schema.items() if k not in ("description", "title")}
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    return schema


def merged(frozen: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """What is frozen, and beside it what is new."""
    found = dict(frozen)
    for part, schema in current.items():
        old = found.setdefault(part, schema)
        if "enum" in schema:
            old["enum"] = old["enum"] + [m for m in schema["enum"] if m not in old["enum"]]
        for field, kind in schema.get("properties", {}).items():
            old["properties"].setdefault(field, kind)
    return found


def main() -> None:
    """Write every message's frozen schema."""
    FROZEN.mkdir(exist_ok=True)
    for name in MESSAGES:
        path = FROZEN / f"{name}.json"
        frozen = json.loads(path.read_text()) if path.exists() else {}
        text = json.dumps(merged(frozen, schemas(name)), indent=1, sort_keys=True)
        path.write_text(text + "\n")


if __name__ == "__main__":
    main()
