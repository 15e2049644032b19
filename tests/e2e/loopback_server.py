"""The real HTTP application on a free loopback port, in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Unpack

import uvicorn
from starlette.types import ASGIApp

from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.http.application import HttpApplication
from entrypoints.http.connection_limits import Connection


@asynccontextmanager
async def serve(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[str]:
    """Serve the whole application; yield its address, such as `http://127.0.0.1:40123`.

    `parts` replace those of the container. At the end, connections are closed, jobs drained and
    resources closed, in the same order as in the program.
    """
    async with run_application(settings, **parts) as container, serve_container(container) as url:
        yield url


@asynccontextmanager
async def serve_container(container: Container) -> AsyncIterator[str]:
    """Serve an open application; yield its address."""
    app = HttpApplication(container)
    async with app.manager.run(), serve_app(app.asgi) as url:
        yield url


@asynccontextmanager
async def serve_app(app: ASGIApp) -> AsyncIterator[str]:
    """Serve any ASGI application with uvicorn; yield its address.

    `Server.serve` would install signal handlers and poll every 0.1 s for its end.
    """
    config = uvicorn.Config(
        app,
        port=0,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)  # sets the Date header of responses
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()


async def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait at most `seconds` until the condition is true, where there is no event to wait for."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
