"""Every sink fulfills its port's contract: it never raises and never blocks."""

import sys
import threading
from collections.abc import Iterator

import pytest

from adapters.telemetry.fanout import Fanout
from adapters.telemetry.log_sink import LogSink
from adapters.telemetry.log_writer import LogWriter
from adapters.telemetry.prometheus_sink import PrometheusSink
from application.ports.event_sink import EventSink
from domain.events import ServiceEvent
from tests.testkit.contracts.event_sink import EventSinkContract
from tests.testkit.events import every_event, publish_all
from tests.testkit.fakes import RecordingSink


class Broken:
    """A sink that violates the contract: it raises."""

    def publish(self, _: ServiceEvent, /) -> None:
        raise ValueError("The sink is broken.")


class Stuck:
    """A stream that blocks until it is freed."""

    def __init__(self) -> None:
        self.freed = threading.Event()

    def write(self, _: str) -> None:
        self.freed.wait()

    def flush(self) -> None:
        return


class TestLog(EventSinkContract):
    @pytest.fixture
    def sink(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventSink]:
        """Nothing reads its lines during the test: a sink that waited would hang."""
        stuck = Stuck()
        monkeypatch.setattr(sys, "stderr", stuck)
        lines = LogWriter(level="debug")
        yield LogSink(lines, prompts=True)
        stuck.freed.set()
        lines.close()


class TestMetrics(EventSinkContract):
    @pytest.fixture
    def sink(self) -> EventSink:
        return PrometheusSink()


class TestFanout(EventSinkContract):
    @pytest.fixture
    def sink(self) -> EventSink:
        return Fanout(Broken(), PrometheusSink(), RecordingSink())


def test_a_sink_that_raises_does_not_affect_the_others() -> None:
    before, after = RecordingSink(), RecordingSink()
    fanout = Fanout(before, Broken(), after)
    publish_all(fanout, every_event()[:5])
    assert before.events == after.events == every_event()[:5]
