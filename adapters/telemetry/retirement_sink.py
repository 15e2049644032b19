"""Warns in the log of models that retire soon."""

from collections.abc import Callable, Sequence

from adapters.telemetry.log_writer import LogWriter
from domain.events import JobStarted, ServiceEvent

Notes = Callable[[str | None, str], Sequence[str]]
"""What is to be said of the retirement of a model by this name, at a provider; of the default model
for None."""


class RetirementSink:
    """An EventSink that logs each note once per process, at the first job with its model."""

    def __init__(self, writer: LogWriter, notes: Notes) -> None:
        self._writer = writer
        self._notes = notes
        self._models: set[tuple[str | None, str]] = set()
        self._logged: set[str] = set()

    def publish(self, event: ServiceEvent, /) -> None:
        if isinstance(event, JobStarted) and event.catalog_model is not None:
            self.check(event.catalog_model, event.provider)

    def check(self, model: str | None = None, provider: str = "") -> None:
        """Log what is to be said of this model, or of the default model, unless that was done."""
        if (model, provider) in self._models:
            return
        self._models.add((model, provider))
        for note in self._notes(model, provider):
            if note not in self._logged:
                self._logged.add(note)
                self._writer.write("warning", "model retirement", note=note)
