"""The composition root: where everything is put together.

Its `parts` are the only place where adapters are chosen: plain functions that import what they
build, so that nothing heavy is loaded before it is needed. Everything else gets what it needs
through its constructor.
"""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Factory, Object
from dependency_injector.providers import ThreadSafeSingleton as Singleton  # built while warming

from application.jobs.idempotency import AskedBefore
from application.jobs.job_runner import RunningJobs
from application.jobs.job_service import Pipeline
from application.jobs.stored_results import PastPictures
from application.ports.clock import Clock, SystemClock
from application.ports.event_sink import EventSink
from application.ports.image_inspector import ImageInspector
from application.ports.image_provider import ImageProvider
from application.ports.image_store import Archive
from application.ports.usage_ledger import Ledger
from application.rendition_service import Renditions
from application.result_cache import Memory
from application.safeguards.archiving import Archived
from application.safeguards.budget import Budgeted
from application.safeguards.circuit_breaker import Breaker, Spared
from application.safeguards.concurrency_limit import Limited
from application.safeguards.inspection import Inspected
from application.safeguards.retry import Attempts, Retried
from application.use_cases.cache_stats import CacheStats
from application.use_cases.clear_cache import ClearCache
from application.use_cases.delete_image import DeleteImage
from application.use_cases.edit_image import EditImage
from application.use_cases.find_image import FindPicture
from application.use_cases.generate_image import GenerateImage
from application.use_cases.get_image import GetImage
from application.use_cases.get_job import FindJob
from application.use_cases.list_images import ListImages
from application.use_cases.prune_images import PruneImages
from application.use_cases.report_usage import ShowUsage
from application.use_cases.view_image import ShowPicture
from entrypoints.bootstrap.observability import everybody, job_metrics, kept_savings, log_lines
from entrypoints.bootstrap.providers import (
    painter,
    pillow_inspector,
    pillow_optimizer,
    retry_loop,
    steady_breaker,
)
from entrypoints.bootstrap.storage import (
    file_archive,
    image_cache,
    looked_at_lately,
    records,
    sql_journal,
    sql_ledger,
)
from entrypoints.config.settings import Settings


def guarded(
    provider: ImageProvider,
    archive: Archive,
    ledger: Ledger,
    inspector: ImageInspector,
    attempts: Attempts,
    breaker: Breaker,
    clock: Clock,
    settings: Settings,
) -> ImageProvider:
    """The promises around whoever paints: what each is made of, and how they follow."""
    most, waiting = settings.max_concurrent_calls, settings.max_waiting_calls
    retried = partial(Retried, attempts=attempts)
    inspected = partial(Inspected, inspector=inspector)
    archived = partial(Archived, archive=archive)
    budgeted = partial(Budgeted, ledger=ledger, limits=settings.limits, clock=clock)
    spared = partial(Spared, breaker=breaker)
    limited = partial(Limited, most=most, waiting=waiting)
    return limited(spared(budgeted(archived(inspected(retried(provider))))))


def running_jobs(settings: Settings, sink: EventSink) -> RunningJobs:
    """All jobs at work."""
    return RunningJobs(sink, finish=settings.on_disconnect == "finish")


class Container(DeclarativeContainer):
    """Everything, each part built once at first use.

    A test passes other parts to the constructor:
    `Container(settings=providers.Object(...), provider=providers.Object(FakeProvider()))`.
    """

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    closing: Singleton[AsyncExitStack] = Singleton(AsyncExitStack)
    clock = Singleton(SystemClock)
    lines = Singleton(log_lines, settings, closing)
    sink = Singleton(everybody, settings, lines)
    metrics = Singleton(job_metrics, sink)
    database = Singleton(records, settings, closing)
    archive = Singleton(file_archive, settings, database)
    journal = Singleton(sql_journal, settings, database)
    ledger = Singleton(sql_ledger, database)
    savings = Singleton(kept_savings, sink, ledger.provider, clock)
    inspector = Singleton(pillow_inspector)
    optimizer = Singleton(pillow_optimizer)
    attempts = Callable(retry_loop)
    breaker = Singleton(steady_breaker)

    provider = Singleton(painter, settings, closing)
    safeguarded = Singleton(
        guarded, provider, archive, ledger, inspector, attempts, breaker, clock, settings
    )

    sweep_every = Object(300.0)
    """Seconds between two looks for what has expired, was left behind, or is too much."""
    tidy_after = Object(0.5)
    """Seconds from the start to the first look for what was left behind."""
    cache = Singleton(image_cache, settings, closing, sink)
    memory = Singleton(Memory, cache, archive)
    recent = Singleton(looked_at_lately)
    renditions = Singleton(Renditions, optimizer, cache, archive, sink)
    jobs = Singleton(running_jobs, settings, sink)
    past = Singleton(PastPictures, archive)
    asked_before = Singleton(AskedBefore, jobs, journal, past)
    pipeline = Singleton(Pipeline, safeguarded, memory, renditions, jobs, asked_before, clock)
    generate_image = Factory(GenerateImage, pipeline)
    edit_image = Factory(EditImage, pipeline, inspector)
    get_image = Factory(GetImage, jobs, journal, past, renditions)
    list_images = Factory(ListImages, jobs, journal)
    delete_image = Factory(DeleteImage, archive, cache, recent)
    prune_images = Factory(PruneImages, archive, cache, clock)
    find_job = Factory(FindJob, jobs, journal)
    find_picture = Factory(FindPicture, archive)
    show_picture = Factory(ShowPicture, find_picture, renditions, recent)
    clear_cache = Factory(ClearCache, cache)
    cache_stats = Factory(CacheStats, cache)
    show_usage = Factory(ShowUsage, ledger, settings.provided.limits, clock)


def built(settings: Settings, **overrides: Any) -> Container:  # noqa: ANN401 - providers of any kind
    """A container for these settings; `overrides` are providers by the names of its parts."""
    return Container(settings=Object(settings), **overrides)
