"""Opens the application, runs its background tasks, drains its jobs and closes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Unpack

from application.ports.image_cache import Sweepable
from domain.errors import ArchiveUnavailable, CacheUnavailable, ShuttingDown
from entrypoints.bootstrap.container import Container, build_container
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.bootstrap.free_memory import release_free_memory
from entrypoints.bootstrap.storage import MEGABYTE
from entrypoints.config.settings import Settings

MEMORY_RELEASE_SECONDS = 3.0
"""Seconds between looks at whether jobs have ended and none is running."""
FLUSH_SECONDS = 5.0
"""Seconds of savings and of delivery times that are lost at most if the process is killed."""


@asynccontextmanager
async def open_application(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[Container]:
    """Open the application; at the end close what it opened.

    For an entry point that drains the jobs itself, within the rest of its grace period; all others
    use `run_application`. `parts` replace those of the container.
    """
    container = build_container(settings, **parts)
    tasks = [asyncio.create_task(run(container)) for run in BACKGROUND_TASKS]
    try:
        yield container
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await _flush(container)
        await container.exit_stack().aclose()


@asynccontextmanager
async def run_application(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[Container]:
    """Open the application; at the end drain its jobs and close what it opened."""
    async with open_application(settings, **parts) as container:
        try:
            yield container
        finally:
            await container.drain_jobs()(settings.shutdown_grace)


def warm(container: Container) -> None:
    """Build the parts that a request needs, so that the first one does not wait. For a thread.

    The image worker comes first, because it loads Pillow while this process loads the rest.
    """
    with suppress(OSError):  # the first image that needs the worker reports the same error
        container.image_workers().prepare()
    container.job_service()
    container.retirement_sink().check()
    container.optimizer()


async def _recover(container: Container) -> None:
    """Close or resume abandoned jobs of ended processes from time to time; first after a delay.

    The delay lets a server start faster, and short commands end without this work.
    """
    await asyncio.sleep(container.first_sweep_seconds())
    recover_jobs = await asyncio.to_thread(container.recover_jobs)  # loads the database library
    while True:
        with suppress(ArchiveUnavailable, ShuttingDown):  # requests report the same error
            await recover_jobs()
            await container.resume_jobs()()
        await asyncio.sleep(container.sweep_seconds())


async def _clean_up_images(container: Container) -> None:
    """Delete what expired: images in the trash, and uploads; keep within the size limit."""
    max_megabytes = container.settings().output_max_size
    await asyncio.sleep(container.first_sweep_seconds())
    empty_trash = await asyncio.to_thread(container.empty_trash)  # loads the database library
    while True:
        with suppress(ArchiveUnavailable):
            await empty_trash.expired()
            await container.expire_uploads()()
            if max_megabytes is not None:
                await container.limit_storage()(max_megabytes * MEGABYTE)
        await asyncio.sleep(container.sweep_seconds())


async def _sweep(container: Container) -> None:
    """Remove expired cache entries from time to time."""
    while True:
        await asyncio.sleep(container.sweep_seconds())
        cache = container.cache()
        if isinstance(cache, Sweepable):
            with suppress(CacheUnavailable):  # the next sweep will do
                await cache.sweep()


async def _flush_often(container: Container) -> None:
    """Write what is counted in memory every few seconds."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        await _flush(container)


async def _flush(container: Container) -> None:
    """Write the savings and the results that were given again, if the records can be written."""
    for counter in (container.savings_counter(), container.delivery_times()):
        with suppress(ArchiveUnavailable):
            await counter.flush()


async def _release_memory(container: Container) -> None:
    """Return the memory of jobs that have ended, once none is running."""
    released = 0
    while True:
        await asyncio.sleep(MEMORY_RELEASE_SECONDS)
        runner = container.job_runner()
        if runner.ended != released and not runner.running:
            released = runner.ended
            await asyncio.to_thread(release_free_memory)


BACKGROUND_TASKS = (_recover, _sweep, _clean_up_images, _flush_often, _release_memory)
"""Each runs in a task of its own until the application is closed."""
