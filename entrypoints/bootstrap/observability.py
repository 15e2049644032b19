"""The container's parts that watch the rest: log and metrics."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from application.ports.clock import Clock
from application.ports.event_sink import EventSink
from application.ports.usage_ledger import UsageLedger
from application.savings_counter import SavingsCounter
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # parts are imported where they are built
    from adapters.telemetry.log_writer import LogWriter
    from adapters.telemetry.prometheus_sink import PrometheusSink


def log_writer(settings: Settings, closing: AsyncExitStack) -> "LogWriter":
    """Where all that is said goes, by libraries too: standard error, without our secrets."""
    from adapters.telemetry.log_writer import LogWriter

    secrets = (settings.openai_api_key, settings.auth_token)
    hidden = [secret.get_secret_value() for secret in secrets if secret]
    lines = LogWriter(level=settings.log_level, form=settings.log_format, hidden=hidden)
    lines.capture_stdlib()
    closing.callback(lines.close)
    return lines


def event_sink(settings: Settings, lines: "LogWriter") -> EventSink:
    """Who is told what happens to all jobs."""
    from adapters.telemetry.fanout import Fanout
    from adapters.telemetry.log_sink import LogSink

    return Fanout(LogSink(lines, prompts=settings.log_prompts))


def savings_counter(
    sink: EventSink, ledger: Callable[[], UsageLedger], clock: Clock
) -> SavingsCounter:
    """Adds up from now on what was saved. A sink that a test brings is told nothing more."""
    from adapters.telemetry.fanout import Fanout

    savings = SavingsCounter(ledger, clock)
    if isinstance(sink, Fanout):
        sink.add(savings)
    return savings


def job_metrics(sink: EventSink) -> "PrometheusSink":
    """Counts jobs from now on. A sink that a test brings is told nothing more."""
    from adapters.telemetry.fanout import Fanout
    from adapters.telemetry.prometheus_sink import PrometheusSink

    counted = PrometheusSink()
    if isinstance(sink, Fanout):
        sink.add(counted)
    return counted
