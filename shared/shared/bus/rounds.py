"""The messages of one poll, each once, in rounds in which each key occurs once."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias
from uuid import UUID

from shared.bus.dead_letters import DeadLetter
from shared.bus.records import Heard
from shared.contracts.base import Message

Group: TypeAlias = list[Heard[Message]]
"""Messages of one type, each key once."""


class Decoded:
    """What a poll brought: messages heard here, and records to set aside (`odd`).

    Grouping happens as the messages come, so that nothing is left to do when their turn has come.
    """

    def __init__(self) -> None:
        self.heard: dict[UUID, Heard[Message]] = {}
        self.odd: list[DeadLetter] = []
        self._turns: dict[tuple[str, str], int] = {}
        self._groups: dict[tuple[int, type[Message]], Group] = {}

    def add(self, one: Heard[Message]) -> None:
        """Add a message behind those that are there; one that is there already is dropped."""
        if one.id in self.heard:
            return
        self.heard[one.id] = one
        key = one.record.topic, one.key
        turn = self._turns.get(key, 0)
        self._turns[key] = turn + 1
        group = turn, type(one.message)
        found = self._groups.get(group)
        if found is None:
            self._groups[group] = [one]
        else:
            found.append(one)

    def rounds(self) -> Iterator[Sequence[Heard[Message]]]:
        """Groups of one type in which each key occurs once, keeping order per key."""
        for where in sorted(self._groups, key=lambda group: group[0]):
            yield self._groups[where]

    def only(self, fresh: Collection[UUID]) -> "Decoded":
        """The same with these messages alone."""
        if len(fresh) == len(self.heard):
            return self
        found = Decoded()
        found.odd = self.odd
        for one in self.heard.values():
            if one.id in fresh:
                found.add(one)
        return found

    def by_type(self) -> dict[str, list[Heard[Message]]]:
        """The messages by the name of their class."""
        found: dict[str, list[Heard[Message]]] = {}
        for (_, message), group in self._groups.items():
            found.setdefault(message.__name__, []).extend(group)
        return found
