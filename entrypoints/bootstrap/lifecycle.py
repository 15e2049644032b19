"""How the application is opened, kept tidy, drained and closed: once, for all doors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from domain.errors import ArchiveUnavailable, CacheUnavailable
from entrypoints.bootstrap.container import Container, built
from entrypoints.bootstrap.storage import MEGABYTE
from entrypoints.config.settings import Settings

SAVINGS_MAY_BE_LOST = 5.0
"""Seconds of them, if the process is killed."""


@asynccontextmanager
async def opened(settings: Settings, **overrides: Any) -> AsyncIterator[Container]:  # noqa: ANN401 - providers of any kind
    """Open the application, and at the end close what was opened.

    For a door that drains the jobs itself, with the grace that is left then; for all else there
    is `running`. `overrides` are dependency-injector providers by the names of the Container.
    """
    container = built(settings, **overrides)
    tidying = [asyncio.create_task(work(container)) for work in WORK]
    try:
        yield container
    finally:
        for task in tidying:
            task.cancel()
        await asyncio.wait(tidying)
        with suppress(ArchiveUnavailable):
            await container.savings().flush()
        await container.closing().aclose()


@asynccontextmanager
async def running(settings: Settings, **overrides: Any) -> AsyncIterator[Container]:  # noqa: ANN401 - providers of any kind
    """Open the application, and at the end drain its jobs and close what was opened."""
    async with opened(settings, **overrides) as container:
        try:
            yield container
        finally:
            await container.jobs().drain(settings.shutdown_grace)


def warm(container: Container) -> None:
    """Build what a call needs, so that the first call does not wait for it. Runs in a thread."""
    container.pipeline()
    container.optimizer()


async def _recover(container: Container) -> None:
    """Now and then settle what processes left that have died; at first our own predecessor's.

    Not at once: servers shall start first, and commands that take no time be spared it.
    """
    await asyncio.sleep(container.tidy_after())
    journal = await asyncio.to_thread(container.journal)  # it loads a database's library
    while True:
        with suppress(ArchiveUnavailable):  # whoever asks for a picture is told
            await journal.recover()
        await asyncio.sleep(container.sweep_every())


async def _make_room(container: Container) -> None:
    """Now and then take away the oldest pictures, where there is a bound for all of them."""
    most = container.settings().output_max_size
    await asyncio.sleep(container.tidy_after())
    while most is not None:
        with suppress(ArchiveUnavailable):
            await container.prune_images().down_to(most * MEGABYTE)
        await asyncio.sleep(container.sweep_every())


async def _sweep(container: Container) -> None:
    """Every now and then remove from the disk what has expired; a cache that fails can wait."""
    while True:
        await asyncio.sleep(container.sweep_every())
        with suppress(CacheUnavailable):
            await container.cache().sweep()


async def _keep_savings(container: Container) -> None:
    """Every few seconds write down what was saved."""
    savings = container.savings()  # at once, so that it hears of every job
    while True:
        await asyncio.sleep(SAVINGS_MAY_BE_LOST)
        with suppress(ArchiveUnavailable):
            await savings.flush()


WORK = (_recover, _sweep, _make_room, _keep_savings)
"""What goes on beside the jobs."""
