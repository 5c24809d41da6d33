"""All five stories in a row, and what of the running system is worth opening afterwards."""

from deploy.demo import system
from deploy.demo.stories import alarms, messages, orders, replies, returns
from deploy.demo.stories.stage import Stage
from shared import clock


async def everything(stage: Stage) -> None:
    """Play the stories. Raises DidNotHappen."""
    serial = int(clock.now().timestamp())
    talks = await messages.play(stage)
    sent = await orders.play(stage, orders.postal_number("CP", serial, "ES"))
    await alarms.play(stage, sent, silence=system.STALL_CUSTOMS)
    await returns.play(stage, str(serial))
    await replies.play(stage, talks)


def links(running: "system.System") -> list[tuple[str, str]]:
    """What is worth opening, and where."""
    at, folder = running.stage.addresses, running.stage.installation.folder
    token = f'"Authorization: Bearer $(cat {folder / "tokens" / "nuria"})"'
    return [
        ("What arrived in the world", f"{at.world}/"),
        ("Make the world act", f"{at.world}/docs"),
        ("An agent's conversations", f"curl -H {token} {at.routing}/me/conversations"),
        ("Readiness, e.g. of routing", f"{at.routing}/readyz"),
        ("Metrics, e.g. of notify", f"{at.notify}/metrics"),
        ("Configuration of this run", str(folder)),
        ("Logs", str(running.stage.logs)),
    ]
