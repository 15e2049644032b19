"""Tells several what happens, as one."""

from contextlib import suppress

from application.ports.event_sink import EventSink
from domain.events import ServiceEvent


class Fanout:
    """An EventSink over sinks, in their order. One that breaks its promise hurts no other."""

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = list(sinks)

    def add(self, sink: EventSink) -> None:
        """Tell this one too, from now on."""
        self._sinks.append(sink)

    def publish(self, event: ServiceEvent, /) -> None:
        for sink in self._sinks:
            with suppress(Exception):
                sink.publish(event)
