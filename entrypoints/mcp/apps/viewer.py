"""The viewer: one static HTML file, which a host shows in a sandboxed frame beside a result."""

from collections.abc import Sequence
from typing import Any

from mcp_types import TextResourceContents, Tool

from entrypoints.frontend.assets import read_asset
from entrypoints.mcp.app_clients import APP_TYPE, VIEWER_URI
from entrypoints.mcp.apps.tools import APP_TOOLS

SHOWN = frozenset({"generate_image", "edit_image", "get_image"})
"""The tools whose results the viewer shows."""
UI: dict[str, Any] = {"csp": {}, "prefersBorder": False}
"""What the viewer asks of a host: no other origin, and no border."""


def viewer_contents() -> TextResourceContents:
    """The viewer, as `resources/read` returns it."""
    html = read_asset("viewer.html").decode()
    return TextResourceContents(uri=VIEWER_URI, mime_type=APP_TYPE, text=html, _meta={"ui": UI})


def with_viewer(tools: Sequence[Tool]) -> list[Tool]:
    """The list for a client that shows Apps: the viewer's tools are in it, too.

    `openai/outputTemplate` is how ChatGPT named the viewer before the extension.
    """
    shows = {"ui": {"resourceUri": VIEWER_URI}, "openai/outputTemplate": VIEWER_URI}
    only = {"ui": {"resourceUri": VIEWER_URI, "visibility": ["app"]}}
    listed = [_with_meta(tool, shows) if tool.name in SHOWN else tool for tool in tools]
    return [*listed, *(_with_meta(tool.describe(), only) for tool in APP_TOOLS.values())]


def _with_meta(tool: Tool, meta: dict[str, Any]) -> Tool:
    return tool.model_copy(update={"meta": meta})
