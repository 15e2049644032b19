"""Port: whoever wants to know what happens to all jobs, such as a log or metrics."""

from typing import Protocol

from domain.events import ServiceEvent


class EventSink(Protocol):
    """Is told the events of every job, in each job's order, and what belongs to none."""

    def publish(self, event: ServiceEvent, /) -> None:
        """Take note, at once, in memory or in a queue. Never raises and never blocks."""
