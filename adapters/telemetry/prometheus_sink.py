"""Counts what happens to jobs, for Prometheus."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from prometheus_client import REGISTRY, disable_created_metrics, generate_latest

from adapters.telemetry.prometheus_metrics import PrometheusMetrics
from domain.errors import ChargeStatus, ImageServiceError
from domain.events import (
    CacheFailed,
    CacheTierFailed,
    Failed,
    Finished,
    JobAccepted,
    JobDispatched,
    JobEvent,
    JobJoined,
    JobQueued,
    JobStarted,
    PartialReady,
    RenditionCreated,
    RenditionFailed,
    ServedFromCache,
    ServiceEvent,
)
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult, Usage

OTHER = "other"


@dataclass(slots=True)
class _AtWork:
    """What is known of a job until it ends; times are the clock's seconds."""

    job: Job[ImageRequest]
    started: float
    asks_cache: bool
    queued: bool = False
    dispatched: float | None = None
    has_partial: bool = False

    @property
    def model(self) -> str:
        return _model(self.job)

    @property
    def names(self) -> tuple[str, str]:
        return self.job.action, self.model


class PrometheusSink:
    """An EventSink that counts. Of jobs whose start it was not told it counts nothing."""

    media_type = "text/plain; version=0.0.4"

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # OpenMetrics alone needs them
        self.instruments = PrometheusMetrics()
        self._clock = clock
        self._jobs: dict[str, _AtWork] = {}

    def exposition(self) -> bytes:
        """All that this process counts, as text: ours, and what libraries keep for the process."""
        return generate_latest(REGISTRY) + generate_latest(self.instruments.registry)

    def refused(self, status: int) -> None:
        """A web request was answered before it met a route."""
        self.instruments.refused.labels(status).inc()

    def publish(self, event: ServiceEvent, /) -> None:
        its = self.instruments
        match event:
            case RenditionCreated(bytes_before=before, bytes_after=after):
                its.renditions.inc()
                its.saved_bytes.inc(max(0, before - after))
            case RenditionFailed():
                its.rendition_failures.inc()
            case CacheTierFailed():
                its.cache_failures.labels("tier").inc()
            case CacheFailed():
                its.cache_failures.labels("cache").inc()
            case JobJoined(job=job):
                its.joined.labels(job.action, _model(job)).inc()
            case JobStarted(job_id=job_id, job=job, fresh=fresh):
                its.running.inc()
                self._jobs[job_id] = _AtWork(job, self._clock(), asks_cache=not fresh)
            case _:
                work = self._jobs.get(event.job_id)
                if work is not None:
                    self._at_work(work, event)

    def _at_work(self, work: _AtWork, event: JobEvent | JobAccepted) -> None:
        match event:
            case ServedFromCache(source=tier):
                work.asks_cache = False
                self.instruments.hits.labels(tier).inc()
            case JobQueued():
                self._queued(work)
            case JobDispatched():
                self._dispatched(work)
            case PartialReady() if not work.has_partial:
                work.has_partial = True
                waited = self._clock() - work.started
                self.instruments.first_partial.labels(work.model).observe(waited)
            case Finished(result=images, joined_callers=shared):
                self._ended(work, event.job_id, "painted")
                self._finished(work, images)
                if shared:
                    self.instruments.saved.labels("joined").inc(
                        _amount(images.generation_cost or 0) * shared
                    )
            case Failed(error=error):
                self._ended(work, event.job_id, "failed")
                self._failed(work, error)

    def _queued(self, work: _AtWork) -> None:
        self._missed(work)
        work.queued = True
        self.instruments.running.dec()
        self.instruments.queued.inc()

    def _dispatched(self, work: _AtWork) -> None:
        self._missed(work)
        self._has_place(work)
        work.dispatched = self._clock()

    def _missed(self, work: _AtWork) -> None:
        if work.asks_cache:
            work.asks_cache = False
            self.instruments.misses.inc()

    def _has_place(self, work: _AtWork) -> None:
        if work.queued:
            work.queued = False
            self.instruments.queued.dec()
            self.instruments.running.inc()

    def _ended(self, work: _AtWork, job_id: str, outcome: str) -> None:
        del self._jobs[job_id]
        self._has_place(work)
        self.instruments.running.dec()
        if work.dispatched is not None:
            took = self._clock() - work.dispatched
            self.instruments.provider.labels(*work.names, outcome).observe(took)

    def _finished(self, work: _AtWork, images: ImageResult) -> None:
        its = self.instruments
        if images.is_cached:
            its.jobs.labels(*work.names, "cached").inc()
            its.saved.labels(images.served_from).inc(_amount(images.generation_cost or 0))
            return
        its.jobs.labels(*work.names, "painted").inc()
        its.pictures.labels(*work.names).inc(len(images.images))
        self._spent(work, images.generation_cost, images.usage)

    def _spent(self, work: _AtWork, cost: Decimal | None, usage: Usage | None) -> None:
        if cost is not None:
            self.instruments.cost.labels(work.model).inc(_amount(cost))
        else:
            self.instruments.unknown_cost.labels(work.model).inc()
        if usage is not None:
            tokens = self.instruments.tokens
            tokens.labels(work.model, "text_in").inc(_amount(usage.text_tokens_in))
            tokens.labels(work.model, "image_in").inc(_amount(usage.image_tokens_in))
            tokens.labels(work.model, "out").inc(_amount(usage.tokens_out))

    def _failed(self, work: _AtWork, error: ImageServiceError) -> None:
        self.instruments.jobs.labels(*work.names, error.code).inc()
        if work.dispatched is not None and error.charged is not ChargeStatus.NO:
            self.instruments.unknown_cost.labels(work.model).inc()


def _model(job: Job[ImageRequest]) -> str:
    """A name from the catalog: clients may ask for any."""
    return job.card.name if job.card.is_known else OTHER


def _amount(told: Decimal | int) -> float:
    """What may be added to a total, which takes back nothing that a provider said before."""
    return max(0.0, float(told))
