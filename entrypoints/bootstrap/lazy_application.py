"""The application behind a door that must open before the application is loaded."""

import asyncio
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING

from domain.errors import ShuttingDown
from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # loading the container is what this module puts off
    from entrypoints.bootstrap.container import Container

WARM_UP_DELAY_SECONDS = 0.2
"""Seconds after which warming up no longer delays the answer that set it off."""


class LazyApplication:
    """Opens the container at its first use, without blocking the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Container] | None = None
        self._closed = False

    async def container(self) -> "Container":
        """The container, whole; raise ShuttingDown once `drain` was called."""
        if self._closed and self._opening is None:
            raise ShuttingDown("The server is shutting down and starts no new work.")
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    def warm_up_soon(self) -> None:
        """Begin to open it in a moment, if that has not begun and the settings allow it."""
        if self._settings.warm_up and self._opening is None and not self._closed:
            asyncio.get_running_loop().call_later(WARM_UP_DELAY_SECONDS, self._warm_up)

    async def drain(self, grace: float) -> None:
        """Start no new work, and give what runs `grace` seconds."""
        self._closed = True
        if self._opening is None:
            return
        end = monotonic() + grace
        with suppress(Exception):  # what could not be opened, or not in time, has nothing to drain
            container = await asyncio.wait_for(asyncio.shield(self._opening), max(grace, 0.0))
            await container.drain_jobs()(end - monotonic())

    async def close(self) -> None:
        """Close what was opened; drain first, for jobs get no more time here."""
        await self._stack.aclose()

    def _warm_up(self) -> None:
        if self._opening is None and not self._closed:
            self._opening = asyncio.create_task(self._open())

    async def _open(self) -> "Container":
        with collector_paused():
            module = await asyncio.to_thread(import_module, "entrypoints.bootstrap.lifecycle")
            container: Container = await self._stack.enter_async_context(
                module.open_application(self._settings)
            )
            await asyncio.to_thread(module.warm, container)
        return container
