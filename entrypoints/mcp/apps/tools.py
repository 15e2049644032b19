"""The tools of the viewer alone: hosts do not show them to a model."""

from collections.abc import Mapping
from typing import Any

from entrypoints.mcp.apps import read_image, save_mask, watch_job
from entrypoints.mcp.tool_spec import ToolSpec

APP_TOOLS: Mapping[str, ToolSpec[Any]] = {
    tool.name: tool for tool in (watch_job.TOOL, read_image.TOOL, save_mask.TOOL)
}
