"""One decision among 200 agents, by the production code: the choice, and its full explanation.

The floor is what no decision can do without: the least of 200 scores that are there already.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from routing.domain.decide import decide_all
from routing.domain.score import Weights
from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId, Channel, ConversationId, StoreId
from shared.contracts.routing import Family
from tests.bench.figures import Figure, percentile

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
AGENTS, BATCH, ROUNDS = 200, 50, 60
LANGUAGES = ("en", "es", "de", "fr", "ja", "pt", "ko", "it", "ar", "pl")
SITES = (
    ("US", "America/Los_Angeles"),
    ("US", "America/New_York"),
    ("BR", "America/Sao_Paulo"),
    ("DE", "Europe/Berlin"),
    ("AE", "Asia/Dubai"),
    ("JP", "Asia/Tokyo"),
)
STORE = StoreId("aurora")


def team(rng: random.Random, *, all_speak: str | None = None) -> list[Agent]:
    """Two hundred on shift, of one to three languages; `all_speak` is spoken by every one."""
    always = Shift(frozenset(range(7)), 0, 24 * 60)
    found = []
    for n in range(AGENTS):
        country, zone = SITES[n % len(SITES)]
        spoken = rng.sample(LANGUAGES, rng.choice((1, 1, 2, 2, 3)))
        if all_speak is not None:
            spoken = [all_speak, *spoken[1:]]
        found.append(
            Agent(
                agent_id=AgentId(f"agent-{n:03}"),
                is_lead=False,
                stores=frozenset({STORE}),
                languages={tag: 5 - (i > 0) for i, tag in enumerate(spoken)},
                skills=frozenset(),
                country=country,
                calendar=Calendar([always], zone),
                room=Room(300, dict.fromkeys(FAMILIES, 300), dict.fromkeys(FAMILIES, 100)),
            )
        )
    return [
        agent.with_load(held := rng.choice((0, 100, 100, 200, 300)), {Family.CHAT: held})
        for agent in found
    ]


def batch(rng: random.Random, language: str | None = None) -> list[Waiting]:
    """Fifty that wait, of many languages and places, or of one."""
    found = []
    for _ in range(BATCH):
        country, zone = rng.choice(SITES)
        found.append(
            Waiting(
                conversation_id=ConversationId(UUID(int=rng.getrandbits(128))),
                store_id=STORE,
                family=Family.CHAT,
                channel=Channel("chat"),
                version=2,
                epoch=0,
                flow_id=UUID(int=0),
                asked_at=NOW,
                answer_by=NOW + timedelta(minutes=1),
                first_from=NOW + timedelta(minutes=4),
                language=language or rng.choice(LANGUAGES),
                region=country,
                time_zone=zone,
            )
        )
    return found


def spent(work: Callable[[datetime], int]) -> float:
    """Microseconds a decision, the median of the rounds, each at a moment of its own.

    `work` tells how many it made.
    """
    found = []
    for round_ in range(ROUNDS):
        now = NOW + timedelta(seconds=round_)
        begun = time.perf_counter()
        made = work(now)
        found.append((time.perf_counter() - begun) * 1e6 / made)
    return percentile(found, 0.5)


def bench_decide() -> list[Figure]:
    """Microseconds a decision in batches of 50, the set-up of the batch counted in."""
    rng = random.Random(7)
    scores = [rng.random() for _ in range(AGENTS)]

    def least(now: datetime) -> int:
        for _ in range(BATCH):
            min(scores)
        return BATCH

    floor = spent(least)
    goal, unit = "≤ 20", "µs"
    found = []
    for what, agents, waiting in (
        ("decide: 10 languages", team(rng), batch(rng)),
        ("decide: all 200 may have it", team(rng, all_speak="en"), batch(rng, "en")),
    ):

        def choose(
            now: datetime, agents: list[Agent] = agents, waiting: list[Waiting] = waiting
        ) -> int:
            return len(decide_all(waiting, agents, now, Weights())[0])

        def explain(
            now: datetime, agents: list[Agent] = agents, waiting: list[Waiting] = waiting
        ) -> int:
            taken, _ = decide_all(waiting, agents, now, Weights())
            for _, decision in taken:
                msgspec.json.encode(decision.explanation)
            return len(taken)

        is_floor = "least of 200 scores"
        found.append(Figure(what, spent(choose), unit, goal, floor, is_floor))
        found.append(
            Figure(f"{what}, explained, as JSON", spent(explain), unit, "", floor, is_floor)
        )
    return found
