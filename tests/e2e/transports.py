"""Clients of the real server, in this process, against the stand-in API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client

from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.config.settings import Settings
from entrypoints.mcp.tool_server import build_server
from tests.conftest import KEY
from tests.e2e.mcp_http import connected_to
from tests.e2e.served import served
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

ERAS = {"http": "auto", "http, handshake": "legacy"}
DOORS = ["memory", *ERAS]


def settings_for(api: StandIn, folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - fields of Settings
    """Settings of a server that calls the stand-in."""
    return settings_in(folder, **{"openai_api_key": KEY, "openai_base_url": api.base_url, **values})


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    """An MCP client connected in memory to a whole server."""
    studio = LazyApplication(settings)
    try:
        async with Client(build_server(studio.container, settings)) as client:
            yield client
    finally:
        await studio.drain(settings.shutdown_grace)
        await studio.close()


@asynccontextmanager
async def connected_through(door: str, settings: Settings) -> AsyncIterator[Client]:
    """An MCP client of a whole server, through one of DOORS."""
    if door == "memory":
        async with connected(settings) as client:
            yield client
        return
    async with served(settings) as url, connected_to(url, ERAS[door]) as client:
        yield client
