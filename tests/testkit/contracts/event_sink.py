"""What every EventSink promises. Inherit it, say how to make yours, and it is held to that."""

import threading
from random import Random

import pytest

from application.ports.event_sink import EventSink
from tests.unit.stories import everything


class EventSinkContract:
    """Give a fixture `sink`; the rest is asked of it here."""

    def test_it_takes_all_that_is_told(self, sink: EventSink) -> None:
        for event in everything():
            sink.publish(event)

    def test_it_takes_events_of_jobs_that_it_does_not_know(self, sink: EventSink) -> None:
        for event in reversed(everything()):
            sink.publish(event)

    @pytest.mark.parametrize("seed", range(3))
    def test_no_order_of_events_makes_it_raise(self, sink: EventSink, seed: int) -> None:
        events = everything() * 50
        Random(seed).shuffle(events)  # noqa: S311 - not for secrets
        for event in events:
            sink.publish(event)

    def test_it_is_told_by_several_threads_at_once(self, sink: EventSink) -> None:
        faults: list[Exception] = []

        def tell() -> None:
            try:
                for event in everything() * 5:
                    sink.publish(event)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it breaks the promise
                faults.append(fault)

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
