"""MCP clients that show Apps, and clients that do not."""

from collections.abc import Mapping
from typing import Any

from mcp import Client
from mcp.client.extension import advertise
from mcp_types import Tool

from domain.jobs import LOCAL
from entrypoints.bootstrap.container import Container
from entrypoints.mcp.app_clients import APP_TYPE, EXTENSION
from entrypoints.mcp.server import build_server
from entrypoints.wire.caller import Caller

SHOWN = {"generate_image", "edit_image", "get_image"}
APP_ONLY = {"watch_job", "read_image", "save_mask"}


def app_client(
    container: Container,
    *,
    types: list[str] | None = None,
    mode: str = "auto",
    owner: str = LOCAL,
) -> Client:
    """A client that declares Apps of these media types; by default that of the specification."""

    async def opened() -> Container:
        return container

    server = build_server(
        opened, container.settings(), over_stdio=True, caller_of=lambda _: Caller(owner=owner)
    )
    settings = {"mimeTypes": [APP_TYPE] if types is None else types}
    return Client(server, mode=mode, extensions=[advertise(EXTENSION, settings)])


def ui_of(tool: Tool) -> Mapping[str, Any]:
    """What the tool says about its App."""
    found: Mapping[str, Any] = (tool.meta or {}).get("ui", {})
    return found
