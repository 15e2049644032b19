"""The HTTP server as a process: how it starts, and how it ends without losing a result."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack, cast

import uvicorn
from starlette.types import ASGIApp

from entrypoints.bootstrap.deferred_models import models_deferred
from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.bootstrap.shutdown import CLOSE_TIMEOUT, exit_after, shutdown_event
from entrypoints.config.settings import Settings
from entrypoints.http.connection_limits import Connection
from entrypoints.http.listening_socket import BACKLOG, allow_many_descriptors
from entrypoints.http.starting_application import StartingApplication
from entrypoints.http.startup_banner import startup_banner

if TYPE_CHECKING:  # the server listens before these are loaded
    from entrypoints.bootstrap.container import Container
    from entrypoints.bootstrap.container_parts import Parts
    from entrypoints.http.application import HttpApplication
    from entrypoints.http.websocket.connection import WebSocketConnection

RESPONSES_TIMEOUT = 1.0
"""Seconds of the grace period for sending responses once their jobs have ended."""
CLOSE_STREAMS_TIMEOUT = 0.5
"""Seconds of those for closing the streams that end with their MCP sessions."""
POLL_SECONDS = 0.05


def run(settings: Settings, listeners: list[socket.socket]) -> None:
    """Serve on those sockets until a signal arrives, then exit within SHUTDOWN_GRACE, with code 0.

    While it drains, /readyz responds 503, new jobs are refused, and running jobs finish or are
    recorded as unknown. The exit code is 1 after a second signal, which ends the process at once,
    and if something hangs, such as the disk: the process then ends CLOSE_TIMEOUT seconds after
    the grace period. Does not return: the process ends, even if a thread is still waiting.
    """
    allow_many_descriptors()
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(_serve_until_signaled(settings, listeners))


async def serve(
    settings: Settings,
    listeners: list[socket.socket],
    stop: asyncio.Event,
    **parts: "Unpack[Parts]",
) -> None:
    """Serve on those sockets until `stop` is set; return once drained, within SHUTDOWN_GRACE.

    Probes are answered while the application is loaded, in a thread.
    """
    starting = StartingApplication(settings)
    server = Server(starting, settings)
    serving = asyncio.create_task(server.serve(sockets=listeners))
    await _first(serving, asyncio.create_task(server.listens.wait()))
    warmed_up = asyncio.Event()
    async with _opened(serving, settings, parts, warmed_up) as (container, application):
        async with application.manager.run():
            starting.open(application.asgi, container.log_writer())
            warming = asyncio.create_task(_warm_up(container, warmed_up))
            await _first(serving, asyncio.create_task(stop.wait()))
            deadline = monotonic() + settings.shutdown_grace
            await container.drain_jobs()(deadline - RESPONSES_TIMEOUT - monotonic())
            await server.wait_for_responses(deadline - CLOSE_STREAMS_TIMEOUT - monotonic())
            server.close_listener()
        await server.finish(serving, deadline - CLOSE_STREAMS_TIMEOUT / 2 - monotonic())
        await warming


@asynccontextmanager
async def _opened(
    serving: asyncio.Task[None], settings: Settings, parts: "Parts", warmed_up: asyncio.Event
) -> AsyncIterator[tuple["Container", "HttpApplication"]]:
    """Load and open the application; if that fails, nothing is served any more."""
    try:
        open_application, build = await asyncio.to_thread(_load)
        async with open_application(settings, **parts) as container:
            yield container, await asyncio.to_thread(build, container, warmed_up)
    except BaseException:
        serving.cancel()
        raise


def _load() -> tuple[Any, type["HttpApplication"]]:
    with collector_paused(), models_deferred():
        from entrypoints.bootstrap.lifecycle import open_application
        from entrypoints.http.application import HttpApplication

    return open_application, HttpApplication


class Server(uvicorn.Server):
    """uvicorn, but it stops on request instead of by signal, and in steps."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",  # Connection opens WebSockets itself
            lifespan="off",
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
        self.listens = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `run`; uvicorn would raise them again after it has shut down."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(startup_banner(self._settings, port), file=sys.stderr, flush=True)
        self.listens.set()

    async def wait_for_responses(self, seconds: float) -> None:
        """Wait up to `seconds` until every POST has its response, and every WebSocket its frames.

        New requests are served meanwhile.
        """
        for _ in range(max(0, round(seconds / POLL_SECONDS))):
            if not any(connection.is_awaited for connection in self._connections()):
                return
            await asyncio.sleep(POLL_SECONDS)

    def close_listener(self) -> None:
        """Stop listening, and let each connection close after the response that it waits for."""
        self.should_exit = True
        for server in self.servers:
            server.close()
        for connection in self._connections():
            connection.shutdown()

    async def finish(self, serving: asyncio.Task[None], seconds: float) -> None:
        """Wait up to `seconds` for the remaining responses, then abort unread connections."""
        await asyncio.wait({serving}, timeout=max(0.0, seconds))
        for connection in self._connections():
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()
        await serving

    def _connections(self) -> "list[Connection | WebSocketConnection]":
        return [*cast("set[Connection | WebSocketConnection]", self.server_state.connections)]


async def _serve_until_signaled(settings: Settings, listeners: list[socket.socket]) -> None:
    stop = shutdown_event()
    waiting = asyncio.create_task(stop.wait())
    waiting.add_done_callback(lambda _: exit_after(settings.shutdown_grace + CLOSE_TIMEOUT))
    await serve(settings, listeners, stop)
    os._exit(0)


async def _warm_up(container: "Container", warmed_up: asyncio.Event) -> None:
    """Build what calls need, then set the event.

    A failure sets it, too, because the first call reports the same error.
    """
    from entrypoints.bootstrap.lifecycle import warm
    from entrypoints.http.readiness import check_and_log

    try:
        if container.settings().warm_up:
            with suppress(Exception), collector_paused():
                await asyncio.to_thread(warm, container)
                await check_and_log(container)
    finally:
        warmed_up.set()


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _fast_loop() -> Any:  # noqa: ANN401 - an event loop factory, or None for asyncio's own
    with suppress(ImportError):  # uvloop has no Windows build
        from uvloop import new_event_loop

        return new_event_loop
    return None
