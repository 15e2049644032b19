"""Port: what time it is."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day; durations are measured elsewhere."""

    def now(self) -> datetime:
        """The present moment, with a time zone."""


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
