"""While the database is away: told once, and once when it is back, however often one looks."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from shared.db import is_unavailable

log = structlog.get_logger()


class Outage:
    """What a worker cannot do meanwhile; it is done when it is next tried."""

    def __init__(self, what: str) -> None:
        """`what` is not done, as the log tells it."""
        self._what = what
        self._is_on = False

    @contextmanager
    def borne(self) -> Iterator[None]:
        """Bear that the database is away; whatever else is wrong is raised."""
        try:
            yield
        except Exception as why:
            if not is_unavailable(why):
                raise
            if not self._is_on:
                log.warning(self._what, error=type(why).__name__)
            self._is_on = True
        else:
            if self._is_on:
                log.info("database back", after=self._what)
            self._is_on = False
