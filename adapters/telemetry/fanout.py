"""Publishes events to several sinks."""

from contextlib import suppress

from application.ports.event_sink import EventSink
from domain.events import ServiceEvent


class Fanout:
    """An EventSink over several sinks, in order. One that raises does not affect the others."""

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = sinks

    def publish(self, event: ServiceEvent, /) -> None:
        for sink in self._sinks:
            with suppress(Exception):
                sink.publish(event)
