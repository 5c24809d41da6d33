"""What a conversation demands of an agent beside the language: a table, all rows that fit count."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.domain.conversation import Conversation
from shared.contracts.routing import Family, Intent, OpenedBy, Priority


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
    """The table of an installation. What a parcel or a case demands by itself is beside it."""

    rows: Sequence[Row] = ()

    def of(self, conversation: Conversation) -> tuple[str, ...]:
        """All that is demanded of who gets it, as it is understood now; each once, in order.

        What a parcel or a case demands is the first of its conversation's, and stays.
        """
        is_asked = conversation.opened_by is OpenedBy.MESSAGE
        own = () if is_asked else conversation.skills[:1]
        fitting = (need for row in self.rows if row.fits(conversation) for need in row.needs)
        return tuple(dict.fromkeys((*own, *fitting)))
