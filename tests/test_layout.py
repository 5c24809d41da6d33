"""The rules of the house that no linter knows."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.contracts.topics import MESSAGES, TOPICS

ROOT = Path(__file__).parent.parent
SERVICES = {"intake", "routing", "logistics-watch", "returns", "notify"}
NAMES = {name.replace("-", "_") for name in SERVICES} | {"shared"}
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "constants", "manager", "base"}


def python_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_the_top_level_is_what_it_is() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}

    assert {"services", "shared", "deploy", "tests", "docs"} <= folders
    assert {path.name for path in (ROOT / "services").iterdir() if path.is_dir()} == SERVICES


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in python_files()
        if (count := len(path.read_text().splitlines())) > 400
    }

    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [path for path in python_files() if path.stem in BANNED]

    assert named == [ROOT / "shared/shared/contracts/base.py"]


def test_every_module_says_what_is_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert silent == []


def test_every_service_has_its_page() -> None:
    for name in SERVICES:
        page = (ROOT / "services" / name / "README.md").read_text()
        for heading in ("Hears", "Says", "Keeps", "Knobs", "When it hurts"):
            assert re.search(rf"^#+ {heading}", page, re.MULTILINE), f"{name}: {heading}"
        assert len(page.splitlines()) <= 120, name


def test_nobody_else_ships_a_package_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()

    for name in NAMES:
        assert {owner.split("-")[0] for owner in owners.get(name, [])} <= {"meridian"}, name


def test_every_topic_has_an_owner_and_listeners_that_exist() -> None:
    for topic in TOPICS:
        assert topic.owner in SERVICES
        assert set(topic.listeners) <= SERVICES
        assert topic.listeners or topic.name == "routing.agents.v1"


def test_every_message_is_said_by_its_owner_and_heard_or_waited_for() -> None:
    for topic in TOPICS:
        # A command is owned by who obeys it and said by somebody else.
        sayers = SERVICES - {topic.owner} if ".commands." in topic.name else {topic.owner}
        texts = "".join(
            path.read_text()
            for path in python_files()
            if any(f"services/{name}/" in str(path) for name in sayers)
        )
        for message in topic.messages:
            assert re.search(rf"\b{message.__name__}\b", texts), f"nobody says {message.__name__}"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_metrics_have_prefix_unit_and_sentence(name: str) -> None:
    importlib.import_module(f"{name}.metrics")

    for family in REGISTRY.collect():
        if family.name.startswith("meridian"):
            assert family.name.startswith("meridian_"), family.name
            assert family.documentation.endswith("."), family.name
            assert not family.name.endswith(("_count", "_ms")), family.name


def test_message_names_are_not_events_of_events() -> None:
    assert not [name for name in MESSAGES if name.endswith(("Event", "Message", "Command"))]


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index-url" not in lock


def test_shared_stays_small() -> None:
    counted = [
        path
        for path in python_files()
        if str(path).startswith(str(ROOT / "shared/shared"))
        and not {"contracts", "accounts"} & set(path.parts)
        and path.name != "testing.py"
    ]

    assert sum(len(path.read_text().splitlines()) for path in counted) <= 5800
    assert max(len(path.read_text().splitlines()) for path in counted) <= 300
