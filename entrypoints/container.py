"""The composition root: the only place where adapters are chosen and put together.

Its providers are plain functions that import what they build, so that nothing heavy is loaded
before it is needed. Everything else gets what it needs through its constructor.
"""

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Factory, Object
from dependency_injector.providers import ThreadSafeSingleton as Singleton  # built while warming

from application.asked_before import AskedBefore
from application.cache_stats import CacheStats
from application.clear_cache import ClearCache
from application.delete_image import DeleteImage
from application.edit_image import EditImage
from application.find_job import FindJob
from application.find_picture import FindPicture
from application.generate_image import GenerateImage
from application.get_image import GetImage
from application.list_images import ListImages
from application.memory import Memory
from application.past_pictures import PastPictures
from application.pipeline import Pipeline
from application.ports.archive import Archive
from application.ports.clock import SystemClock
from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_inspector import ImageInspector
from application.ports.image_optimizer import ImageOptimizer
from application.ports.image_provider import ImageProvider
from application.ports.journal import Journal
from application.prune_images import PruneImages
from application.renditions import Renditions
from application.running_jobs import RunningJobs
from application.safeguards.archived import Archived
from application.safeguards.inspected import Inspected
from application.safeguards.limited import Limited
from application.safeguards.retried import Attempts, Retried
from application.show_picture import ShowPicture
from domain.errors import CacheUnavailable
from domain.events import CacheTierFailed
from entrypoints.settings import Settings
from entrypoints.watching import everybody, job_metrics, log_lines

if TYPE_CHECKING:  # parts are imported where they are built
    from adapters.archive.database import Database

MEGABYTE = 1_000_000


def painter(settings: Settings, closing: AsyncExitStack) -> ImageProvider:
    """Who paints, without any safeguard."""
    if settings.painter == "sketch":
        from adapters.sketch.provider import SketchProvider

        return SketchProvider()
    from adapters.openai.provider import OpenAIImages

    key = settings.openai_api_key
    images = OpenAIImages(
        api_key=key.get_secret_value() if key else None,
        base_url=settings.openai_base_url,
        timeout=settings.provider_timeout,
        organization=settings.openai_org_id,
        project=settings.openai_project_id,
        default_model=settings.image_model,
    )
    closing.push_async_callback(images.close)
    return images


def retry_loop() -> Attempts:
    """At most three tries within seconds; which faults may be tried again is Retried's word."""
    from functools import partial

    from stamina import retry_context
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # its own hook prints to standard output, which belongs to MCP
    return partial(retry_context, attempts=3, timeout=30.0, wait_initial=0.2, wait_max=2.0)


def guarded(
    provider: ImageProvider,
    archive: Archive,
    inspector: ImageInspector,
    attempts: Attempts,
    settings: Settings,
) -> ImageProvider:
    """The promises around whoever paints, read from the inside out."""
    safe = Archived(Inspected(Retried(provider, attempts), inspector), archive)
    return Limited(safe, settings.max_concurrent_calls, settings.max_waiting_calls)


def records(settings: Settings, closing: AsyncExitStack) -> "Database":
    """Where it is recorded what became of jobs."""
    from adapters.archive.database import Database

    database = Database(settings.data_dir)
    closing.push_async_callback(database.close)
    return database


def file_archive(settings: Settings, database: "Database") -> Archive:
    """Where pictures are kept."""
    from adapters.archive.archive import FileArchive

    return FileArchive(database, pictures_folder=settings.pictures_folder)


def sql_journal(settings: Settings, database: "Database") -> Journal:
    """Who reads the records."""
    from adapters.archive.journal import SqlJournal

    return SqlJournal(database, pictures_folder=settings.pictures_folder)


def image_cache(settings: Settings, closing: AsyncExitStack, sink: EventSink) -> ImageCache:
    """What was answered lately: in memory, and below that on disk. Failures are told to `sink`."""
    from adapters.cache.disk import DiskCache
    from adapters.cache.memory import MemoryCache
    from adapters.cache.tiered import TieredCache

    memory = MemoryCache(settings.cache_memory_size * MEGABYTE, settings.cache_ttl)
    disk = DiskCache(settings.cache_dir, settings.cache_max_size * MEGABYTE, settings.cache_ttl)
    cache = TieredCache(
        memory, disk, passed_over=lambda failure: sink.publish(CacheTierFailed(error=failure))
    )
    closing.push_async_callback(_closed, cache)
    return cache


async def _closed(cache: ImageCache) -> None:
    with suppress(CacheUnavailable):  # it failed before, and nobody needs it any more
        await cache.close()


def running_jobs(settings: Settings, sink: EventSink) -> RunningJobs:
    """All jobs at work."""
    return RunningJobs(sink, finish=settings.on_disconnect == "finish")


def looked_at_lately() -> ImageCache:
    """Pictures that are shown over and over; one that was deleted is seen a minute longer."""
    from adapters.cache.memory import MemoryCache

    return MemoryCache(64 * MEGABYTE, ttl=60.0)


def pillow_inspector() -> ImageInspector:
    """Who looks into pictures."""
    from adapters.pillow.inspector import PillowInspector

    return PillowInspector()


def pillow_optimizer() -> ImageOptimizer:
    """Who makes renditions."""
    from adapters.pillow.optimizer import PillowOptimizer

    return PillowOptimizer()


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
    inspector = Singleton(pillow_inspector)
    optimizer = Singleton(pillow_optimizer)
    attempts = Callable(retry_loop)

    provider = Singleton(painter, settings, closing)
    safeguarded = Singleton(guarded, provider, archive, inspector, attempts, settings)

    sweep_every = Object(300.0)
    """Seconds between two looks for what has expired in the cache on disk."""
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


def built(settings: Settings, **overrides: Any) -> Container:  # noqa: ANN401 - providers of any kind
    """A container for these settings; `overrides` are providers by the names of its parts."""
    return Container(settings=Object(settings), **overrides)
