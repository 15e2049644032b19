"""Clients of the real server in this process, with the stand-in API as its provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client

from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.config.settings import Settings
from entrypoints.mcp.server import build_server
from tests.conftest import KEY
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import connect_over_http
from tests.e2e.mcp_websocket import connect_over_websocket
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

ERAS = {
    "http": "auto",
    "http, handshake": "legacy",
    "websocket": "auto",
    "websocket, handshake": "legacy",
}
"""The networked transports, each in both eras, by the official client's names."""
TRANSPORTS = ["memory", *ERAS]


def settings_for(api: StandIn, folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - fields of Settings
    """Settings of a server that calls the stand-in."""
    return settings_in(folder, **{"openai_api_key": KEY, "openai_base_url": api.base_url, **values})


@asynccontextmanager
async def connect_in_memory(settings: Settings) -> AsyncIterator[Client]:
    """Connect an MCP client to a whole server in memory."""
    application = LazyApplication(settings)
    try:
        async with Client(build_server(application.container, settings)) as client:
            yield client
    finally:
        await application.drain(settings.shutdown_grace)
        await application.close()


@asynccontextmanager
async def connect_over(transport: str, settings: Settings) -> AsyncIterator[Client]:
    """Connect an MCP client to a whole server over one of TRANSPORTS."""
    if transport == "memory":
        async with connect_in_memory(settings) as client:
            yield client
        return
    connect = connect_over_websocket if "websocket" in transport else connect_over_http
    async with serve(settings) as url, connect(url, ERAS[transport]) as client:
        yield client
