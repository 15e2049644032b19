"""All tools, in the order in which clients list them. A new tool is a file here and a line below.

Clients wait for this list at start: a tool imports wire shapes and words, never a container.
"""

from typing import Any

from entrypoints.mcp.tool_spec import ToolSpec
from entrypoints.mcp.tools import (
    cache_stats,
    clear_cache,
    clear_conversation,
    delete_image,
    dismiss_job,
    edit_image,
    generate_image,
    get_conversation,
    get_image,
    list_conversations,
    list_images,
    list_models,
    usage_report,
)

TOOLS: tuple[ToolSpec[Any], ...] = (
    generate_image.TOOL,
    edit_image.TOOL,
    get_image.TOOL,
    list_images.TOOL,
    delete_image.TOOL,
    list_conversations.TOOL,
    get_conversation.TOOL,
    clear_conversation.TOOL,
    clear_cache.TOOL,
    cache_stats.TOOL,
    list_models.TOOL,
    usage_report.TOOL,
    dismiss_job.TOOL,
)
