"""Counts events as Prometheus metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from prometheus_client import REGISTRY, disable_created_metrics, generate_latest

from adapters.telemetry.prometheus_metrics import PrometheusMetrics
from domain.errors import ChargeStatus
from domain.events import (
    CacheFailed,
    CacheTierFailed,
    ExecutionEvent,
    Failed,
    FallbackStarted,
    Finished,
    JobDispatched,
    JobJoined,
    JobQueued,
    JobStarted,
    PartialReady,
    RenditionCreated,
    RenditionFailed,
    ServedFromCache,
    ServiceEvent,
)
from domain.results import ImageResult, Usage

OTHER = "other"
"""The label of models that are not in the catalog: clients may name any."""


@dataclass(slots=True)
class _RunningJob:
    """The state of a job until it ends; times are the clock's seconds."""

    action: str
    provider: str
    model: str
    started: float
    asks_cache: bool
    queued: bool = False
    dispatched: float | None = None
    has_partial: bool = False

    @property
    def labels(self) -> tuple[str, str, str]:
        return self.action, self.provider, self.model

    @property
    def source(self) -> tuple[str, str]:
        return self.provider, self.model


class PrometheusSink:
    """An EventSink that counts. Jobs whose start it did not see are not counted."""

    media_type = "text/plain; version=0.0.4"

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        days_until_shutdown: Callable[[], Mapping[tuple[str, str], int]] = dict,
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # only OpenMetrics needs them
        self.metrics = PrometheusMetrics()
        self._clock = clock
        self._days_until_shutdown = days_until_shutdown
        self._jobs: dict[str, _RunningJob] = {}

    def exposition(self) -> bytes:
        """All metrics as text: ours, and those of the process that the library keeps."""
        for (provider, model), days in self._days_until_shutdown().items():
            self.metrics.days_until_shutdown.labels(provider, model).set(days)
        return generate_latest(REGISTRY) + generate_latest(self.metrics.registry)

    def refused(self, status: int) -> None:
        """Count an HTTP request that was answered before it reached a route."""
        self.metrics.refused.labels(status).inc()

    def publish(self, event: ServiceEvent, /) -> None:
        metrics = self.metrics
        match event:
            case RenditionCreated(bytes_before=before, bytes_after=after):
                metrics.renditions.inc()
                metrics.saved_bytes.inc(max(0, before - after))
            case RenditionFailed():
                metrics.rendition_failures.inc()
            case CacheTierFailed():
                metrics.cache_failures.labels("tier").inc()
            case CacheFailed():
                metrics.cache_failures.labels("cache").inc()
            case JobJoined():
                model = event.catalog_model or OTHER
                metrics.joined.labels(event.action, event.provider, model).inc()
            case JobStarted():
                metrics.running.inc()
                self._jobs[event.job_id] = _RunningJob(
                    action=event.action,
                    provider=event.provider,
                    model=event.catalog_model or OTHER,
                    started=self._clock(),
                    asks_cache=not event.fresh,
                )
            case _:
                running = self._jobs.get(event.job_id)
                if running is not None:
                    self._on_job_event(running, event)

    def _on_job_event(self, running: _RunningJob, event: ExecutionEvent) -> None:
        match event:
            case ServedFromCache(source=tier):
                running.asks_cache = False
                self.metrics.hits.labels(tier).inc()
            case JobQueued():
                self._on_queued(running)
            case JobDispatched():
                self._on_dispatched(running)
            case PartialReady() if not running.has_partial:
                running.has_partial = True
                waited = self._clock() - running.started
                self.metrics.first_partial.labels(*running.source).observe(waited)
            case FallbackStarted():
                self._fall_back(running, event)
            case Finished(result=result, joined_callers=joined):
                self._end(running, event.job_id, "painted")
                self._count_result(running, result)
                if joined:
                    self.metrics.saved.labels("joined").inc(
                        _amount(result.generation_cost or 0) * joined
                    )
            case Failed():
                self._end(running, event.job_id, "failed")
                self._count_failure(running, event)

    def _on_queued(self, running: _RunningJob) -> None:
        self._count_miss(running)
        running.queued = True
        self.metrics.running.dec()
        self.metrics.queued.inc()

    def _on_dispatched(self, running: _RunningJob) -> None:
        self._count_miss(running)
        self._leave_queue(running)
        running.dispatched = self._clock()

    def _count_miss(self, running: _RunningJob) -> None:
        if running.asks_cache:
            running.asks_cache = False
            self.metrics.misses.inc()

    def _leave_queue(self, running: _RunningJob) -> None:
        if running.queued:
            running.queued = False
            self.metrics.queued.dec()
            self.metrics.running.inc()

    def _end(self, running: _RunningJob, job_id: str, outcome: str) -> None:
        del self._jobs[job_id]
        self._leave_queue(running)
        self.metrics.running.dec()
        if running.dispatched is not None:
            took = self._clock() - running.dispatched
            self.metrics.provider.labels(*running.labels, outcome).observe(took)

    def _fall_back(self, running: _RunningJob, event: FallbackStarted) -> None:
        """End the first attempt, which cost nothing, and go on with the other provider."""
        if running.dispatched is not None:
            took = self._clock() - running.dispatched
            self.metrics.provider.labels(*running.labels, "failed").observe(took)
        self.metrics.jobs.labels(*running.labels, event.failure.code).inc()
        self._leave_queue(running)
        running.dispatched = None
        running.provider, running.model = event.provider, event.catalog_model or OTHER

    def _count_result(self, running: _RunningJob, result: ImageResult) -> None:
        metrics = self.metrics
        if result.is_cached:
            metrics.jobs.labels(*running.labels, "cached").inc()
            metrics.saved.labels(result.served_from).inc(_amount(result.generation_cost or 0))
            return
        metrics.jobs.labels(*running.labels, "painted").inc()
        metrics.images.labels(*running.labels).inc(len(result.images))
        self._count_spending(running, result.generation_cost, result.usage)

    def _count_spending(
        self, running: _RunningJob, cost: Decimal | None, usage: Usage | None
    ) -> None:
        if cost is not None:
            self.metrics.cost.labels(*running.source).inc(_amount(cost))
        else:
            self.metrics.unknown_cost.labels(*running.source).inc()
        if usage is not None:
            tokens = self.metrics.tokens
            tokens.labels(*running.source, "text_in").inc(_amount(usage.text_tokens_in))
            tokens.labels(*running.source, "image_in").inc(_amount(usage.image_tokens_in))
            tokens.labels(*running.source, "out").inc(_amount(usage.tokens_out))
            if usage.mainline is not None:
                into, out = usage.mainline.tokens_in, usage.mainline.tokens_out
                tokens.labels(*running.source, "mainline_in").inc(_amount(into))
                tokens.labels(*running.source, "mainline_out").inc(_amount(out))

    def _count_failure(self, running: _RunningJob, failed: Failed) -> None:
        self.metrics.jobs.labels(*running.labels, failed.failure.code).inc()
        if running.dispatched is not None and failed.failure.charged is not ChargeStatus.NO:
            self._count_spending(running, failed.cost, failed.usage)


def _amount(reported: Decimal | int) -> float:
    """The amount to add to a total, which never falls: at least 0, whatever a provider reports."""
    return max(0.0, float(reported))
