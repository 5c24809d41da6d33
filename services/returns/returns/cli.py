"""The command line of returns: what every service has, and refunds that need a person."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from returns import app
from returns.domain import money
from returns.handlers.steps import REFUNDS
from returns.settings import Settings
from returns.store import refunds
from shared import cli, clock, db, service
from shared.errors import Refused

main = cli.cli("returns", Settings, app.run, app.buses)
_refunds = typer.Typer(no_args_is_help=True, help="Refunds that were ordered and are not paid.")
main.add_typer(_refunds, name="refunds")


@_refunds.command("list")
def list_() -> None:
    """List refunds that are not paid: failed ones need a person, due ones are tried again."""
    cli.start(_list(cli.read(Settings)))


@_refunds.command()
def retry(refund_id: Annotated[UUID, typer.Argument(help="A failed refund.")]) -> None:
    """Try a failed refund again: same key, same request. Put right at the shop what it refused."""
    cli.start(_retry(cli.read(Settings), refund_id))


@main.command()
def policies() -> None:
    """Read the policy file, say what it holds, and end; exit code 1 when it is none."""
    found = app.read_policies(cli.read(Settings))
    table = Table("country", "law", "change of mind", "conformity", "reviewed by")
    for country, law in sorted(found.laws.items()):
        right = law.change_of_mind
        table.add_row(
            country,
            law.law_version,
            right.within.in_words() if right else "the shop's terms",
            law.conformity.within.in_words() if law.conformity else "",
            law.reviewed_by,
        )
    Console().print(table)


async def _list(settings: Settings) -> None:
    async with (
        service.opened_quietly("returns", settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        found = await refunds.unpaid(tx)
    table = Table("refund", "store", "case", "amount", "state", "attempts", "why")
    for refund in found:
        table.add_row(
            str(refund.refund_id),
            refund.store_id,
            str(refund.case_id),
            f"{money.written(refund.amount, refund.currency)} {refund.currency}",
            refund.state,
            str(refund.attempts),
            refund.why or "",
        )
    Console().print(table if found else "every refund is paid")


async def _retry(settings: Settings, refund_id: UUID) -> None:
    async with (
        service.opened_quietly("returns", settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        if not await refunds.make_due(tx, refund_id, now=clock.now()):
            raise Refused(f"no failed refund {refund_id}")
        db.wake(tx, REFUNDS)
    Console().print(f"refund {refund_id} is due")
