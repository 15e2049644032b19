"""The web server as a process: how it starts, and how it ends without losing anything."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.lazy_application import WARM_UP_DELAY_SECONDS
from entrypoints.bootstrap.lifecycle import open_application, warm
from entrypoints.bootstrap.shutdown import CLOSE_TIMEOUT, exit_after, shutdown_event
from entrypoints.config.settings import Settings
from entrypoints.http.application import HttpApplication
from entrypoints.http.connection_limits import Connection
from entrypoints.http.listening_socket import BACKLOG, allow_many_descriptors, listen
from entrypoints.http.startup_banner import startup_banner

ANSWERS_TIMEOUT = 1.0
"""Seconds, of the grace, for sending answers once their jobs have ended."""
WRITE_TIMEOUT = 0.5
"""Seconds, of those, in which streams that end with their sessions are ended."""
POLL_SECONDS = 0.05


def run(settings: Settings) -> None:
    """Serve until a signal comes, then leave within SHUTDOWN_GRACE, with exit code 0.

    Meanwhile /readyz says 503, no new work is begun, and what runs is finished, or ended and
    recorded as unknown. The code is 1 if a second signal came, which leaves at once, or if
    something hung, such as the disk: then the process leaves CLOSING_MAY_TAKE after the grace.
    Raises SettingsError if it cannot listen. Else it does not return, although a thread may still
    wait: the process ends.
    """
    listener = listen(settings)
    allow_many_descriptors()
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(_serve_until_told(settings, listener))


async def serve(
    settings: Settings,
    listener: socket.socket,
    told: asyncio.Event,
    **overrides: Any,  # noqa: ANN401 - providers of any kind
) -> None:
    """Serve on that socket until told to end; return when all has ended, within SHUTDOWN_GRACE."""
    async with open_application(settings, **overrides) as container:
        door = HttpApplication(container)
        server = Server(door.asgi, settings)
        async with door.manager.run():
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            warming = asyncio.create_task(_warm_up(container))
            await _first(serving, asyncio.create_task(told.wait()))
            deadline = monotonic() + settings.shutdown_grace
            await container.drain_jobs()(deadline - ANSWERS_TIMEOUT - monotonic())
            await server.answered(deadline - WRITE_TIMEOUT - monotonic())
            server.close_listener()
        await server.ended(serving, deadline - WRITE_TIMEOUT / 2 - monotonic())
        await warming


class Server(uvicorn.Server):
    """uvicorn, which is told when to end instead of listening to signals, and ends in steps."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=[*settings.trusted_proxies],
            backlog=BACKLOG,
        )
        super().__init__(config)
        self.servers = []  # until it listens
        self._settings = settings

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to those who started us; uvicorn would die of them once it has ended."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(startup_banner(self._settings, port), file=sys.stderr, flush=True)

    async def answered(self, patience: float) -> None:
        """Wait until every POST has its answer. New requests are still taken."""
        for _ in range(max(0, round(patience / POLL_SECONDS))):
            if not any(connection.has_pending_post for connection in self._connections()):
                return
            await asyncio.sleep(POLL_SECONDS)

    def close_listener(self) -> None:
        """Listen no more, and let each connection end after the answer that it waits for."""
        self.should_exit = True
        for server in self.servers:
            server.close()
        for connection in self._connections():
            connection.shutdown()

    async def ended(self, serving: asyncio.Task[None], patience: float) -> None:
        """Wait for the rest of the answers, then cut off who has not read them."""
        await asyncio.wait({serving}, timeout=max(0.0, patience))
        for connection in self._connections():
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()
        await serving

    def _connections(self) -> list[Connection]:
        return [each for each in self.server_state.connections if isinstance(each, Connection)]


async def _serve_until_told(settings: Settings, listener: socket.socket) -> None:
    told = shutdown_event()
    watching = asyncio.create_task(told.wait())
    watching.add_done_callback(lambda _: exit_after(settings.shutdown_grace + CLOSE_TIMEOUT))
    await serve(settings, listener, told)
    os._exit(0)


async def _warm_up(container: Container) -> None:
    if container.settings().warm_up:
        await asyncio.sleep(WARM_UP_DELAY_SECONDS)
        with (
            collector_paused(),
            suppress(Exception),
        ):  # the first call meets the same, and tells of it
            await asyncio.to_thread(warm, container)


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _fast_loop() -> Any:  # noqa: ANN401 - what makes an event loop, or None for asyncio's own
    with suppress(ImportError):  # there is none for Windows
        from uvloop import new_event_loop

        return new_event_loop
    return None
