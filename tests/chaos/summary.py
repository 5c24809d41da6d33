"""The table at the end of a run."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.chaos.agents import Agent
from tests.chaos.customers import Customers, Input, Twice
from tests.chaos.evidence import Facts
from tests.chaos.topics import Said
from tests.chaos.trouble import SERVERS, Blow, Trouble


def shown(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print the table, wide enough for a log."""
    table = Table("what", "figure", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=110)
    console.print()
    console.print(table)


def of_inputs(written: Sequence[Input], customers: Customers) -> list[tuple[str, str]]:
    """What was brought to the front doors."""
    kinds = Counter(one.twice for one in written)
    return [
        (
            "messages written",
            f"{len(written)}; twice: {kinds[Twice.LATER]} later, {kinds[Twice.AT_ONCE]} at once",
        ),
        (
            "webhooks tried again by the vendor",
            f"{customers.tried_again}; slowest to be taken {customers.slowest:.1f} s",
        ),
    ]


def of_agents(agents: Sequence[Agent], facts: Facts) -> list[tuple[str, str]]:
    """What the agents did."""
    most = max(Counter(offer.conversation for offer in facts.offers).values())
    return [
        (
            "room in all",
            f"{sum(facts.capacities.values()) // 100} units, {_peak(facts)} taken at once at most",
        ),
        ("assignments", f"{len(facts.offers)}, at most {most} of one conversation"),
        (
            "requests of agents",
            f"{sum(agent.tried_again for agent in agents)} tried again,"
            f" {sum(agent.too_late for agent in agents)} too late",
        ),
    ]


def _peak(facts: Facts) -> int:
    totals = accumulate(change.delta for change in facts.changes)
    return max(totals) // 100


def of_blows(blows: Sequence[Blow]) -> list[tuple[str, str]]:
    """What was killed and restarted."""
    kills = Counter(blow.what for blow in blows if blow.what not in SERVERS)
    rows = [("SIGKILLs of services", _counted(kills))]
    servers = [f"{blow.what} ({blow.how})" for blow in blows if blow.what in SERVERS]
    return [*rows, ("servers taken down", ", ".join(servers))]


def of_topics(said: dict[str, Said], trouble: Trouble) -> list[tuple[str, str]]:
    """What came again on the way."""
    again = Counter({topic: one.again for topic, one in said.items() if one.again})
    events = sum(len(one.events) for one in said.values())
    return [
        ("events said", f"{events}"),
        ("of these said again with the same id", _counted(again)),
        ("dropped by inboxes, heard before", f"at least {_counted(trouble.repeated)}"),
    ]


def of_waiting(facts: Facts, blows: Sequence[Blow]) -> list[tuple[str, str]]:
    """How long customers waited for an agent, and how long nobody was assigned after a blow."""
    first: dict[object, datetime] = {}
    for *_, thread, at in facts.written:
        first[thread] = min(at, first.get(thread, at))
    opened = {each.id: each.opened for each in facts.conversations}
    come = [(each.opened - first[each.thread]).total_seconds() for each in facts.conversations]
    waits = [
        (offer.begun - opened[offer.conversation]).total_seconds()
        for offer in facts.offers
        if offer.epoch == 1
    ]
    return [
        ("message kept → in the queue", _spread(come)),
        ("in the queue → an agent's, room being short", _spread(waits)),
        ("longest without an assignment, a SIGKILL in it", _longest(facts, blows, is_server=False)),
        ("the same with a server taken down in it", _longest(facts, blows, is_server=True)),
    ]


def _spread(seconds: Sequence[float]) -> str:
    return f"median {median(seconds):.2f} s, slowest {max(seconds):.1f} s"


def _longest(facts: Facts, blows: Sequence[Blow], *, is_server: bool) -> str:
    """The longest time from a blow to the next assignment, and all that was hit meanwhile."""
    begun = sorted(offer.begun for offer in facts.offers)
    pauses: dict[datetime, list[Blow]] = defaultdict(list)
    for blow in blows:
        place = bisect_right(begun, blow.at)
        if place < len(begun):
            pauses[begun[place]].append(blow)
    found = [
        ((end - hits[0].at).total_seconds(), ", ".join(f"{hit.what} ({hit.how})" for hit in hits))
        for end, hits in pauses.items()
        if is_server == any(hit.what in SERVERS for hit in hits)
    ]
    return f"{max(found)[0]:.1f} s, after {max(found)[1]}" if found else "none"


def _counted(counter: Counter[str]) -> str:
    if not counter:
        return "0"
    parts = (f"{count} {what}" for what, count in sorted(counter.items()))
    return f"{counter.total()} ({', '.join(parts)})" if len(counter) > 1 else next(parts)
