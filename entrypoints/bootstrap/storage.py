"""Builds the container's storage: records, images, job events and caches."""

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from application.ports.conversation_repository import ConversationRepository
from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_store import ImageStore
from application.ports.incoming_files import IncomingFiles
from application.ports.job_events import JobEvents
from application.ports.job_repository import JobRepository
from application.ports.secret_store import SecretStore
from application.ports.upload_repository import UploadRepository
from application.ports.usage_ledger import UsageLedger
from domain.errors import CacheUnavailable
from domain.events import CacheTierFailed
from entrypoints.bootstrap.plugin_kinds import CACHES
from entrypoints.bootstrap.plugins import Plugins
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # adapters are imported when they are built, so that the server starts fast
    from adapters.records.engine import Database

MEGABYTE = 1_000_000


def database(settings: Settings, exit_stack: AsyncExitStack) -> "Database":
    """The database of the data folder, which has the records of jobs."""
    from adapters.records.engine import Database

    records = Database(settings.data_dir)
    exit_stack.push_async_callback(records.close)
    return records


def image_store(settings: Settings, database: "Database", exit_stack: AsyncExitStack) -> ImageStore:
    """Images as files. The name of an unfinished file has the ID that the database gives us."""
    from adapters.image_store.files import FileImageStore

    images = FileImageStore(
        settings.images_folder,
        fallback=settings.data_dir / "rescued",
        quarantine=settings.data_dir / "quarantine",
        writer=database.writer,
    )
    exit_stack.callback(images.close)
    return images


def job_repository(database: "Database") -> JobRepository:
    """The records of jobs."""
    from adapters.records.job_repository import SqlJobRepository

    return SqlJobRepository(database)


def conversation_repository(database: "Database") -> ConversationRepository:
    """The turns of conversations, in the same database."""
    from adapters.records.conversation_repository import SqlConversationRepository

    return SqlConversationRepository(database)


def upload_repository(database: "Database") -> UploadRepository:
    """The records of uploads, in the same database."""
    from adapters.records.upload_repository import SqlUploadRepository

    return SqlUploadRepository(database)


def incoming_files(settings: Settings) -> IncomingFiles:
    """Files while they arrive, in the data folder: it is on a disk, which /tmp often is not."""
    from adapters.incoming_files.temporary_files import TemporaryFiles

    return TemporaryFiles(settings.data_dir)


def usage_ledger(database: "Database") -> UsageLedger:
    """Spending and savings, in the same database."""
    from adapters.records.usage_ledger import SqlUsageLedger

    return SqlUsageLedger(database)


def secret_store(settings: Settings) -> SecretStore:
    """The secret that signs links; a file of the data folder."""
    from adapters.secret_file.secret_file import SecretFile

    return SecretFile(settings.data_dir / "link-secret")


def image_cache(
    settings: Settings, exit_stack: AsyncExitStack, sink: EventSink, plugins: Plugins
) -> ImageCache:
    """Caches results and renditions in memory and below. Failures are published to `sink`."""
    from adapters.cache.memory import MemoryCache
    from adapters.cache.tiered import TieredCache

    cache = TieredCache(
        MemoryCache(settings.cache_memory_size * MEGABYTE, settings.cache_ttl),
        persistent_cache(settings, plugins),
        on_tier_failure=lambda error: sink.publish(CacheTierFailed(reason=error.message)),
    )
    exit_stack.push_async_callback(_close, cache)
    return cache


def persistent_cache(settings: Settings, plugins: Plugins) -> ImageCache:
    """The cache below the memory tier, which survives a restart."""
    caches = settings.image_cache != "disk" and settings.cache_ttl > 0
    if caches and (plugin := plugins.named(CACHES, settings.image_cache)) is not None:
        return plugin
    from adapters.cache.disk import DiskCache

    return DiskCache(settings.cache_dir, settings.cache_max_size * MEGABYTE, settings.cache_ttl)


def job_events() -> JobEvents:
    """The events of the jobs of this process."""
    from adapters.job_events.memory import MemoryJobEvents

    return MemoryJobEvents()


def view_cache() -> ImageCache:
    """Caches images for ViewImage.

    An image that another process deletes is still shown for up to a minute.
    """
    from adapters.cache.memory import MemoryCache

    return MemoryCache(64 * MEGABYTE, ttl=60.0)


async def _close(cache: ImageCache) -> None:
    with suppress(CacheUnavailable):  # nothing uses the cache after this
        await cache.close()
