"""The tools that look at the cache and empty it."""

from typing import TYPE_CHECKING, Any

import msgspec
from mcp_types import CallToolResult, TextContent

from entrypoints.arguments import validated
from entrypoints.cache_reports import cleared_result, cleared_text, stats_result, stats_text
from entrypoints.schemas import NoArguments

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.container import Container


async def clear_cache(container: "Container", arguments: dict[str, Any]) -> CallToolResult:
    """Answer the tool clear_cache."""
    validated(NoArguments, arguments)
    cleared = await container.clear_cache()()
    return _told(cleared_text(cleared), cleared_result(cleared))


async def cache_stats(container: "Container", arguments: dict[str, Any]) -> CallToolResult:
    """Answer the tool cache_stats."""
    validated(NoArguments, arguments)
    tiers = await container.cache_stats()()
    return _told(stats_text(tiers), stats_result(tiers))


def _told(text: str, result: msgspec.Struct) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=msgspec.to_builtins(result),
    )
