"""Port: a receiver of all events of the service, such as a log or metrics."""

from typing import Protocol

from domain.events import ServiceEvent


class EventSink(Protocol):
    """Gets the events of every job, in each job's order, and the events that belong to none."""

    def publish(self, event: ServiceEvent, /) -> None:
        """Take the event into memory or a queue. Never raises and never blocks."""
