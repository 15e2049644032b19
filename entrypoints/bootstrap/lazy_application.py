"""The application for a server that must answer before the application is loaded."""

import asyncio
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any

from application.ports.preset_library import PresetLibrary
from domain.errors import ShuttingDown
from domain.provider_errors import InvalidSettings
from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.preset_files import PresetUseCases, preset_library
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # loading the container is what this module puts off
    from typing import Unpack

    from entrypoints.bootstrap.container import Container
    from entrypoints.bootstrap.container_parts import Parts

WARM_UP_DELAY_SECONDS = 0.2
"""Seconds to wait, so that warming up does not delay the response to the request that caused it."""


FIX_SETTINGS = "Correct them where they are set, then restart this server."


class LazyApplication:
    """Opens the container at its first use, without blocking the event loop.

    With a `fault` of the settings there is no container, and its text is the error. `parts` replace
    those of the container.
    """

    def __init__(
        self, settings: Settings, *, fault: str | None = None, **parts: "Unpack[Parts]"
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._fault = fault
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Container] | None = None
        self._closed = False
        self._library: PresetLibrary | None = None

    async def presets(self) -> PresetUseCases:
        """Return the use cases of presets, which need neither a container nor valid settings."""
        return PresetUseCases.of(self._presets())

    async def container(self) -> "Container":
        """Return the opened container.

        Raises InvalidSettings with the fault of the settings, and ShuttingDown after `drain` if it
        was never opened. If opening fails, its error is raised, and the next call tries again.
        """
        if self._fault is not None:
            raise InvalidSettings(self._fault, hint=FIX_SETTINGS)
        if self._opening is not None and _has_failed(self._opening):
            self._opening = None
        if self._closed and self._opening is None:
            raise ShuttingDown
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    def warm_up_soon(self) -> None:
        """Open the container shortly, unless that has started or the settings disable it."""
        if self._fault is not None:
            return
        if self._settings.warm_up and self._opening is None and not self._closed:
            asyncio.get_running_loop().call_later(WARM_UP_DELAY_SECONDS, self._warm_up)

    async def drain(self, grace: float) -> None:
        """Start no new work and wait up to `grace` seconds for running jobs."""
        self._closed = True
        if self._opening is None:
            return
        end = monotonic() + grace
        with suppress(Exception):  # if the container did not open in time, there are no jobs
            container = await asyncio.wait_for(asyncio.shield(self._opening), max(grace, 0.0))
            await container.drain_jobs()(end - monotonic())

    async def close(self) -> None:
        """Close the container. Call `drain` first, because this does not wait for jobs."""
        await self._stack.aclose()

    def _warm_up(self) -> None:
        if self._opening is None and not self._closed:
            self._opening = asyncio.create_task(self._open())

    def _presets(self) -> PresetLibrary:
        """The library that the container gets too, so that each file is read once."""
        if self._library is None:
            self._library = preset_library(self._settings)
        return self._library

    async def _open(self) -> "Container":
        with collector_paused():
            module = await asyncio.to_thread(import_module, "entrypoints.bootstrap.lifecycle")
            container: Container = await self._stack.enter_async_context(
                module.open_application(self._settings, presets=self._presets(), **self._parts)
            )
            with suppress(Exception):  # the first call that needs the part reports the same error
                await asyncio.to_thread(module.warm, container)
        return container


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
