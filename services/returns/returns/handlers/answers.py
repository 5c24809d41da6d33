"""Why a request cannot be carried out: values that the API turns into its own words."""

from shared.errors import Refused


class NotKnown(Refused):
    """There is no such thing, or not for this caller."""


class InConflict(Refused):
    """Not as things stand: the state, the pieces or the money do not allow it."""


class NotAllowed(Refused):
    """Not for this caller."""
