"""The container's parts that watch the rest: log and metrics."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from application.ports.clock import Clock
from application.ports.event_sink import EventSink
from application.ports.usage_ledger import Ledger
from application.savings_counter import Savings
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # parts are imported where they are built
    from adapters.telemetry.log_writer import Lines
    from adapters.telemetry.prometheus_sink import Metrics


def log_lines(settings: Settings, closing: AsyncExitStack) -> "Lines":
    """Where all that is said goes, by libraries too: standard error, without our secrets."""
    from adapters.telemetry.log_writer import Lines

    secrets = (settings.openai_api_key, settings.auth_token)
    hidden = [secret.get_secret_value() for secret in secrets if secret]
    lines = Lines(level=settings.log_level, form=settings.log_format, hidden=hidden)
    lines.hear_libraries()
    closing.callback(lines.close)
    return lines


def everybody(settings: Settings, lines: "Lines") -> EventSink:
    """Who is told what happens to all jobs."""
    from adapters.telemetry.fanout import Fanout
    from adapters.telemetry.log_sink import LogSink

    return Fanout(LogSink(lines, prompts=settings.log_prompts))


def kept_savings(sink: EventSink, ledger: Callable[[], Ledger], clock: Clock) -> Savings:
    """Adds up from now on what was saved. A sink that a test brings is told nothing more."""
    from adapters.telemetry.fanout import Fanout

    savings = Savings(ledger, clock)
    if isinstance(sink, Fanout):
        sink.add(savings)
    return savings


def job_metrics(sink: EventSink) -> "Metrics":
    """Counts jobs from now on. A sink that a test brings is told nothing more."""
    from adapters.telemetry.fanout import Fanout
    from adapters.telemetry.prometheus_sink import Metrics

    counted = Metrics()
    if isinstance(sink, Fanout):
        sink.add(counted)
    return counted
