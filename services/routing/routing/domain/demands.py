"""What a conversation demands of an agent beside the language: a table, all rows that fit count."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from routing.domain.conversation import Conversation
from shared.contracts.routing import Family, Intent, Priority


@dataclass(frozen=True)
class Row:
    """`needs`, written as in `skills`, of all that has what the row names."""

    needs: tuple[str, ...]
    store_id: str | None = None
    channel: str | None = None
    family: Family | None = None
    intent: Intent | None = None
    priority: Priority | None = None

    def fits(self, of: Conversation) -> bool:
        """Whether this row demands something for a conversation."""
        return (
            self.store_id in (None, of.store_id)
            and self.channel in (None, of.channel)
            and self.family in (None, of.family)
            and self.intent in (None, of.intent)
            and self.priority in (None, of.priority)
        )


@dataclass(frozen=True)
class Demands:
    """The table of an installation. What a parcel or a case demands is beside it."""

    rows: Sequence[Row] = ()

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(need for row in self.rows for need in row.needs)

    def of(self, conversation: Conversation) -> tuple[str, ...]:
        """All that is demanded of who gets it, as it is understood now; each once, in order."""
        stays = (each for each in conversation.skills if each not in self._known)
        fitting = (need for row in self.rows if row.fits(conversation) for need in row.needs)
        return tuple(dict.fromkeys((*stays, *fitting)))
