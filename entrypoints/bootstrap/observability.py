"""Builds the container's event sinks: log, metrics, and the one that publishes to all."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from application.ports.event_sink import EventSink
from application.use_cases.list_models import ListModels
from entrypoints.bootstrap.plugin_kinds import SINKS
from entrypoints.bootstrap.plugins import Plugins
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # adapters are imported when they are built, so that the server starts fast
    from adapters.telemetry.log_writer import LogWriter
    from adapters.telemetry.prometheus_sink import PrometheusSink
    from adapters.telemetry.retirement_sink import RetirementSink


def log_writer(settings: Settings, exit_stack: AsyncExitStack) -> "LogWriter":
    """Writes all log lines, those of libraries too, to standard error, without our secrets."""
    from adapters.telemetry.log_writer import LogWriter

    writer = LogWriter(level=settings.log_level, form=settings.log_format, hidden=settings.secrets)
    writer.capture_stdlib()
    exit_stack.callback(writer.close)
    return writer


def log_sink(settings: Settings, writer: "LogWriter") -> EventSink:
    """Writes a log line for each event."""
    from adapters.telemetry.log_sink import LogSink

    return LogSink(writer, prompts=settings.log_prompts)


def retirement_sink(writer: "LogWriter", list_models: Callable[[], ListModels]) -> "RetirementSink":
    """Warns in the log of models that retire soon."""
    from adapters.telemetry.retirement_sink import RetirementSink

    def notes(model: str | None, provider: str) -> Sequence[str]:
        listing = list_models()()
        if model is None:
            return listing.default.notes
        return listing.catalog.of(provider).choose(model, listing.today).notes

    return RetirementSink(writer, notes)


def job_metrics(list_models: Callable[[], ListModels]) -> "PrometheusSink":
    """Counts and times jobs for Prometheus, and counts the days of models."""
    from adapters.telemetry.prometheus_sink import PrometheusSink

    return PrometheusSink(days_until_shutdown=lambda: list_models()().days_until_shutdown)


def event_sink(*sinks: EventSink, extra: Sequence[EventSink], plugins: Plugins) -> EventSink:
    """Publishes every event to all of these sinks, and to those of plugins."""
    from adapters.telemetry.fanout import Fanout

    return Fanout(*sinks, *extra, *plugins.all(SINKS))
