"""A short day of the simulated world: the same seed, the same outcome, and better than by turn."""

from routing.app import weights
from routing.settings import Settings
from tests.simulation.engine import run
from tests.simulation.measure import IDLE, LANGUAGE, SHIPPED, policies
from tests.simulation.staff import staff
from tests.simulation.world import CHAT, MAIL, Scenario, arrivals, flattened, generator

DAYS = 1


def test_the_production_code_serves_more_in_time_than_the_longest_idle() -> None:
    scenario = Scenario("smoke", (CHAT, MAIL), rate=420.0)
    desks = [d for d in staff(generator(1, "team"), scenario.lines, DAYS) if d.line is CHAT]
    writes = arrivals(generator(1, "smoke"), scenario, CHAT, DAYS)
    assert writes == arrivals(generator(1, "smoke"), scenario, CHAT, DAYS)
    customers = [each for each in flattened(dict(writes)) if each.at < 10 * 3600.0]

    def met(name: str) -> tuple[int, list[int]]:
        out = run(desks, customers, CHAT.slots, policies(name, CHAT), warm=0.0)
        in_time = [
            answered and wait <= one.promise
            for answered, wait, one in zip(out.answered, out.waits, customers, strict=True)
        ]
        return sum(in_time), out.agents

    ours, who = met(LANGUAGE)
    assert met(LANGUAGE) == (ours, who)
    assert ours > met(IDLE)[0] > 0


def test_what_is_simulated_is_what_the_settings_are_without_being_set() -> None:
    fields = {name: each.get_default() for name, each in Settings.model_fields.items()}

    assert weights(Settings.model_construct(**fields)) == SHIPPED
