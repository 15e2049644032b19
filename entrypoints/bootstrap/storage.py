"""The container's parts that keep: records, pictures, answers."""

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_store import ImageStore
from application.ports.job_events import JobEvents
from application.ports.job_repository import JobRepository
from application.ports.usage_ledger import UsageLedger
from domain.errors import CacheUnavailable
from domain.events import CacheTierFailed
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # parts are imported where they are built
    from adapters.records.engine import Database

MEGABYTE = 1_000_000


def records(settings: Settings, closing: AsyncExitStack) -> "Database":
    """The data folder with the records of jobs."""
    from adapters.records.engine import Database

    database = Database(settings.data_dir)
    closing.push_async_callback(database.close)
    return database


def image_store(settings: Settings, database: "Database", closing: AsyncExitStack) -> ImageStore:
    """Images as files. What is being written bears the ID of our process among the writers."""
    from adapters.image_store.files import FileImageStore

    images = FileImageStore(
        settings.images_folder,
        fallback=settings.data_dir / "rescued",
        quarantine=settings.data_dir / "quarantine",
        writer=database.writer,
    )
    closing.callback(images.close)
    return images


def job_repository(database: "Database") -> JobRepository:
    """The records of jobs."""
    from adapters.records.job_repository import SqlJobRepository

    return SqlJobRepository(database)


def usage_ledger(database: "Database") -> UsageLedger:
    """What was spent and saved."""
    from adapters.records.usage_ledger import SqlUsageLedger

    return SqlUsageLedger(database)


def image_cache(settings: Settings, closing: AsyncExitStack, sink: EventSink) -> ImageCache:
    """Earlier results: in memory, and below that on disk. Failures of a tier go to `sink`."""
    from adapters.cache.memory import MemoryCache
    from adapters.cache.tiered import TieredCache

    cache = TieredCache(
        MemoryCache(settings.cache_memory_size * MEGABYTE, settings.cache_ttl),
        persistent_cache(settings),
        on_tier_failure=lambda error: sink.publish(CacheTierFailed(reason=error.message)),
    )
    closing.push_async_callback(_closed, cache)
    return cache


def persistent_cache(settings: Settings) -> ImageCache:
    """The cache below the memory tier, which survives a restart."""
    from adapters.cache.disk import DiskCache

    return DiskCache(settings.cache_dir, settings.cache_max_size * MEGABYTE, settings.cache_ttl)


async def _closed(cache: ImageCache) -> None:
    with suppress(CacheUnavailable):  # it failed before, and nobody needs it any more
        await cache.close()


def job_events() -> JobEvents:
    """The events of the jobs of this process."""
    from adapters.job_events.memory import MemoryJobEvents

    return MemoryJobEvents()


def view_cache() -> ImageCache:
    """Pictures that are shown over and over; one that was deleted is seen a minute longer."""
    from adapters.cache.memory import MemoryCache

    return MemoryCache(64 * MEGABYTE, ttl=60.0)
