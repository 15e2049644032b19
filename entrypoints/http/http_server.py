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
from entrypoints.bootstrap.import_gc import loading
from entrypoints.bootstrap.lazy_application import WARM_UP_AFTER
from entrypoints.bootstrap.lifecycle import opened, warm
from entrypoints.bootstrap.shutdown import CLOSING_MAY_TAKE, leave_at_the_latest_in, told_by_signals
from entrypoints.config.settings import Settings
from entrypoints.http.application import WebDoor
from entrypoints.http.connection_limits import Connection
from entrypoints.http.listening_socket import BACKLOG, allow_many_descriptors, listening
from entrypoints.http.startup_banner import welcome

LAST_ANSWERS_MAY_TAKE = 1.0
"""Seconds, of the grace, for sending answers once their jobs have ended."""
LAST_BYTES_MAY_TAKE = 0.5
"""Seconds, of those, in which streams that end with their sessions are ended."""
LOOK_EVERY = 0.05


def run(settings: Settings) -> None:
    """Serve until a signal comes, then leave within SHUTDOWN_GRACE, with exit code 0.

    Meanwhile /readyz says 503, no new work is begun, and what runs is finished, or ended and
    recorded as unknown. The code is 1 if a second signal came, which leaves at once, or if
    something hung, such as the disk: then the process leaves CLOSING_MAY_TAKE after the grace.
    Raises SettingsError if it cannot listen. Else it does not return, although a thread may still
    wait: the process ends.
    """
    listener = listening(settings)
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
    async with opened(settings, **overrides) as container:
        door = WebDoor(container)
        server = Server(door.asgi, settings)
        async with door.manager.run():
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            warming = asyncio.create_task(_warm_up(container))
            await _first(serving, asyncio.create_task(told.wait()))
            deadline = monotonic() + settings.shutdown_grace
            await container.jobs().drain(deadline - LAST_ANSWERS_MAY_TAKE - monotonic())
            await server.answered(deadline - LAST_BYTES_MAY_TAKE - monotonic())
            server.close_doors()
        await server.ended(serving, deadline - LAST_BYTES_MAY_TAKE / 2 - monotonic())
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
        print(welcome(self._settings, port), file=sys.stderr, flush=True)

    async def answered(self, patience: float) -> None:
        """Wait until every POST has its answer. New requests are still taken."""
        for _ in range(max(0, round(patience / LOOK_EVERY))):
            if not any(connection.owes_an_answer for connection in self._connections()):
                return
            await asyncio.sleep(LOOK_EVERY)

    def close_doors(self) -> None:
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
    told = told_by_signals()
    watching = asyncio.create_task(told.wait())
    watching.add_done_callback(
        lambda _: leave_at_the_latest_in(settings.shutdown_grace + CLOSING_MAY_TAKE)
    )
    await serve(settings, listener, told)
    os._exit(0)


async def _warm_up(container: Container) -> None:
    if container.settings().warm_up:
        await asyncio.sleep(WARM_UP_AFTER)
        with loading(), suppress(Exception):  # the first call meets the same, and tells of it
            await asyncio.to_thread(warm, container)


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _fast_loop() -> Any:  # noqa: ANN401 - what makes an event loop, or None for asyncio's own
    with suppress(ImportError):  # there is none for Windows
        from uvloop import new_event_loop

        return new_event_loop
    return None
