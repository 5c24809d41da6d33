"""How the demo looks at a terminal: one line a fact, with its measured time."""

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from deploy.demo.stories.stage import Fact, Title
from shared.contracts.routing import Explanation

_TIME, _WHO = 10, 15
_INDENT = _TIME + _WHO + 2
_STYLES = {
    "whatsapp": "green",
    "mail": "green",
    "chat": "green",
    "shopify": "green",
    "aftership": "green",
    "intake": "cyan",
    "routing": "yellow",
    "logistics-watch": "blue",
    "returns": "magenta",
    "notify": "bright_cyan",
}


class Show:
    """Prints what is told. What people write is never read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def tell(self, told: Fact | Title) -> None:
        """Print a fact, or the title of a story."""
        if isinstance(told, Title):
            self._console.print()
            self._console.print(Rule(Text(f"{told.number}. {told.text}", "bold"), align="left"))
            return
        self._console.print(_line(told))
        if told.quote:
            self._console.print(_under(Text(told.quote.strip(), "italic")))
        if told.explanation:
            self._explain(told.explanation)

    def sentence(self, text: str, style: str = "") -> None:
        """Print a sentence for the person at the terminal."""
        self._console.print(Text(text, style))

    def links(self, links: list[tuple[str, str]]) -> None:
        """Print what is worth opening."""
        table = Table.grid(padding=(0, 2))
        for what, where in links:
            table.add_row(Text(what, "bold"), Text(where, overflow="fold"))
        self._console.print(Padding(table, (1, 0)))

    def _explain(self, explanation: Explanation) -> None:
        table = Table.grid(padding=(0, 1))
        for candidate in explanation.candidates:
            terms = ", ".join(f"{name} {value:g}" for name, value in candidate.terms.items())
            agent = Text(candidate.agent_id, "bold")
            table.add_row(agent, f"{candidate.score:.2f}", Text(terms, "dim"))
        self._console.print(_under(table))
        if (others := explanation.others) is not None:
            scored = f"scored {others.least:.2f} to {others.most:.2f}: {', '.join(others.agents)}"
            self._console.print(_under(Text(scored, "dim")))
        for why, agents in sorted(explanation.rejected.items()):
            self._console.print(_under(Text(f"{why}: {', '.join(agents)}", "dim")))


def _line(fact: Fact) -> Table:
    line = Table.grid(padding=(0, 1))
    line.add_column(width=_TIME, justify="right")
    line.add_column(width=_WHO)
    line.add_column(ratio=1, overflow="fold")
    measured = "" if fact.milliseconds is None else f"{fact.milliseconds:,.1f} ms"
    style = _STYLES.get(fact.who, "white")
    line.add_row(Text(measured, "dim"), Text(fact.who, style), Text(fact.what, overflow="fold"))
    return line


def _under(what: Text | Table) -> Padding:
    return Padding(what, (0, 0, 0, _INDENT), expand=False)
