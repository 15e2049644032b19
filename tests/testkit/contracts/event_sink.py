"""What every EventSink promises. The tests of a new one inherit this suite."""

import threading
from random import Random

import pytest

from application.ports.event_sink import EventSink

from ..events import every_event


class EventSinkContract:
    """Give a fixture `sink`; the suite tests the rest."""

    def test_it_takes_every_event(self, sink: EventSink) -> None:
        for event in every_event():
            sink.publish(event)

    def test_it_takes_events_of_unknown_jobs(self, sink: EventSink) -> None:
        for event in reversed(every_event()):
            sink.publish(event)

    @pytest.mark.parametrize("seed", range(3))
    def test_no_order_of_events_makes_it_raise(self, sink: EventSink, seed: int) -> None:
        events = every_event() * 50
        Random(seed).shuffle(events)  # noqa: S311 - not for secrets
        for event in events:
            sink.publish(event)

    def test_several_threads_publish_at_once(self, sink: EventSink) -> None:
        faults: list[Exception] = []

        def publish() -> None:
            try:
                for event in every_event() * 5:
                    sink.publish(event)
            except Exception as fault:  # noqa: BLE001 - any exception breaks the promise
                faults.append(fault)

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
