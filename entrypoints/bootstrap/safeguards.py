"""Wraps the providers in their safeguards, and builds what runs their jobs."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from application.cost_estimates import CostEstimates
from application.jobs.job_runner import JobRunner
from application.ports.clock import Clock
from application.ports.event_sink import EventSink
from application.ports.image_inspector import ImageInspector
from application.ports.image_provider import ImageProvider
from application.ports.image_store import ImageStore
from application.ports.job_events import JobEvents
from application.ports.job_repository import JobRepository
from application.safeguards.archiving import Archiving, OnArrival
from application.safeguards.budget import Budget
from application.safeguards.circuit_breaker import CircuitBreaker
from application.safeguards.concurrency_limit import ConcurrencyLimit
from application.safeguards.fan_out import FanOut
from application.safeguards.inspection import Inspection
from application.safeguards.redaction import Redaction
from application.safeguards.resumption import Resumption
from application.safeguards.retry import Retry, RetryLoop
from entrypoints.config.settings import Settings


def with_safeguards(
    provider: ImageProvider,
    images: ImageStore,
    records: JobRepository,
    estimates: CostEstimates,
    inspector: ImageInspector,
    attempts: RetryLoop,
    resumptions: RetryLoop,
    clock: Clock,
    settings: Settings,
    *,
    timer: Callable[[], float] = monotonic,
    on_arrival: OnArrival = lambda _job, _images: None,
    secrets: Sequence[str] = (),
) -> ImageProvider:
    """Wrap the provider in all safeguards, in their order; `secrets` are hidden in its texts."""
    retry = partial(Retry, attempts=attempts)
    resumption = partial(Resumption, attempts=resumptions)
    inspection = partial(Inspection, inspector=inspector)
    redaction = partial(Redaction, secrets=secrets or settings.secrets)
    archiving = partial(Archiving, images=images, records=records, on_arrival=on_arrival)
    budget = partial(
        Budget, records=records, estimates=estimates, limits=settings.limits, clock=clock
    )
    circuit_breaker = partial(CircuitBreaker, clock=timer)
    concurrency_limit = partial(
        ConcurrencyLimit,
        max_running=settings.max_concurrent_calls,
        max_waiting=settings.max_waiting_calls,
    )
    generating = FanOut(resumption(retry(provider)))
    delivering = archiving(redaction(inspection(generating)))
    return concurrency_limit(circuit_breaker(budget(delivering)))


def job_runner(settings: Settings, events: JobEvents, sink: EventSink, clock: Clock) -> JobRunner:
    """Runs the jobs of this process."""
    return JobRunner(events, sink, finish=settings.on_disconnect == "finish", clock=clock)
