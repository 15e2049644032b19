"""How the application is opened, kept tidy, drained and closed: once, for all doors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Unpack

from application.ports.image_cache import Sweepable
from domain.errors import ArchiveUnavailable, CacheUnavailable
from entrypoints.bootstrap.container import Container, Parts, build_container
from entrypoints.bootstrap.storage import MEGABYTE
from entrypoints.config.settings import Settings

SAVINGS_FLUSH_SECONDS = 5.0
"""Seconds of them, if the process is killed."""


@asynccontextmanager
async def open_application(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[Container]:
    """Open the application; at the end close what it opened.

    For an entry point that drains the jobs itself, within the grace period that is left; all
    others use `run_application`. `parts` replace those of the container.
    """
    container = build_container(settings, **parts)
    tidying = [asyncio.create_task(work(container)) for work in BACKGROUND_TASKS]
    try:
        yield container
    finally:
        for task in tidying:
            task.cancel()
        await asyncio.wait(tidying)
        with suppress(ArchiveUnavailable):
            await container.savings_counter().flush()
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
    """Build what a call needs, so that the first call does not wait for it. Runs in a thread."""
    container.job_service()
    container.optimizer()


async def _recover(container: Container) -> None:
    """Now and then settle what processes left that have died; at first our own predecessor's.

    Not at once: servers shall start first, and commands that take no time be spared it.
    """
    await asyncio.sleep(container.first_sweep_seconds())
    recover_jobs = await asyncio.to_thread(container.recover_jobs)  # it loads a database's library
    while True:
        with suppress(ArchiveUnavailable):  # whoever asks for a picture is told
            await recover_jobs()
        await asyncio.sleep(container.sweep_seconds())


async def _enforce_size_limit(container: Container) -> None:
    """Now and then take away the oldest pictures, where there is a bound for all of them."""
    most = container.settings().output_max_size
    await asyncio.sleep(container.first_sweep_seconds())
    while most is not None:
        with suppress(ArchiveUnavailable):
            await container.prune_images().down_to(most * MEGABYTE)
        await asyncio.sleep(container.sweep_seconds())


async def _sweep(container: Container) -> None:
    """Every now and then remove from the disk what has expired; a cache that fails can wait."""
    while True:
        await asyncio.sleep(container.sweep_seconds())
        cache = container.cache()
        if isinstance(cache, Sweepable):
            with suppress(CacheUnavailable):
                await cache.sweep()


async def _flush_savings(container: Container) -> None:
    """Every few seconds write down what was saved."""
    while True:
        await asyncio.sleep(SAVINGS_FLUSH_SECONDS)
        with suppress(ArchiveUnavailable):
            await container.savings_counter().flush()


BACKGROUND_TASKS = (_recover, _sweep, _enforce_size_limit, _flush_savings)
"""What goes on beside the jobs."""
