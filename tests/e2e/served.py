"""The real web door, served over a socket on a free port of loopback, in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Unpack

import uvicorn
from starlette.types import ASGIApp

from entrypoints.bootstrap.container import Container, Parts
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.http.application import HttpApplication
from entrypoints.http.connection_limits import Connection


@asynccontextmanager
async def served(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[str]:
    """Serve the whole application; yield its address, such as `http://127.0.0.1:40123`.

    `parts` replace those of the container. At the end connections are closed,
    the jobs drained and everything closed, in the order in which the program does it.
    """
    async with run_application(settings, **parts) as container, serving(container) as url:
        yield url


@asynccontextmanager
async def serving(container: Container) -> AsyncIterator[str]:
    """Serve an application that is open already; yield its address."""
    door = HttpApplication(container)
    async with door.manager.run(), listening(door.asgi) as url:
        yield url


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """Serve any ASGI application with uvicorn; yield its address.

    `Server.serve` would take the signals of the tests and look every 0.1 s whether to end.
    """
    config = uvicorn.Config(
        app, port=0, http=Connection, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)  # which sets the Date of answers
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()


async def until(reached: Callable[[], object], patience: float = 10.0) -> None:
    """Wait for what the server gets to by itself and tells nobody."""
    async with asyncio.timeout(patience):
        while not reached():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
