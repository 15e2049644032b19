"""The tools that look at the cache and empty it."""

from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult

from entrypoints.mcp.image_tools import told
from entrypoints.wire.cache_results import cleared_result, cleared_text, stats_result, stats_text
from entrypoints.wire.inputs import NoArguments
from entrypoints.wire.parsing import parse

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container


async def clear_cache(container: "Container", arguments: dict[str, Any], _: str) -> CallToolResult:
    """Answer the tool clear_cache."""
    parse(NoArguments, arguments)
    cleared = await container.clear_cache()()
    return told(cleared_text(cleared), cleared_result(cleared))


async def cache_stats(container: "Container", arguments: dict[str, Any], _: str) -> CallToolResult:
    """Answer the tool cache_stats."""
    parse(NoArguments, arguments)
    tiers = await container.cache_stats()()
    return told(stats_text(tiers), stats_result(tiers))
