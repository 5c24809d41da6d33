"""How a run of three workers shares out the tests.

Tests of one file stay together, for they share what their module makes; so do the stories, which
share one system. Each worker has its own broker and database server.
"""

from collections import Counter
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

STORIES = "tests/flow"
LONG = (
    STORIES,
    "tests/chaos/test_conversations.py",
    "tests/intake/doors/test_imap.py",
    "tests/deploy/test_servers.py",
    "tests/logistics_watch/test_stream_chaos.py",
    "tests/shared/test_bus.py",
    "tests/routing/test_from_outside.py",
    "tests/routing/test_found_at_once.py",
    "tests/logistics_watch/test_stream.py",
    "tests/chaos/test_claims.py",
    "tests/deploy/test_setup.py",
    "tests/intake/doors/test_processes.py",
    "tests/intake/doors/test_signed_strangeness.py",
    "tests/routing/test_app.py",
    "tests/routing/test_choice.py",
    "tests/routing/test_openapi.py",
    "tests/routing/test_understanding.py",
    "tests/returns/refunds/test_refund_crash.py",
    "tests/notify/sending/test_process.py",
    "tests/returns/test_openapi.py",
    "tests/intake/doors/test_openapi.py",
    "tests/logistics_watch/test_openapi.py",
)
"""The longest, these first; then those of many tests: who ends with a long one works alone.

Of those that begin together, one computes much and another mostly waits.
"""


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out a file, or all stories, to whoever is nearly through, in the order of the items."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def share_of(test: str) -> str:
    """The share that a test, by its id, is part of: its file, or the stories."""
    file = test.partition("::")[0]
    return STORIES if file.startswith(f"{STORIES}/") else file


def put_in_order(items: list[pytest.Item]) -> None:
    """Put the longest shares first, each test in its place within its share."""
    tests = Counter(share_of(item.nodeid) for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str]:
        share = share_of(item.nodeid)
        return LONG.index(share) if share in LONG else len(LONG), -tests[share], share

    items.sort(key=place)
