"""The variable {id} of all templates."""

from collections.abc import Sequence

from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Values


async def suggest_ids(request: ResourceRequest, text: str, _: Values) -> Sequence[str]:
    """The IDs of images that begin so, or of those whose prompts have these words."""
    return await request.container.suggest_images()(text, owner=request.caller.owner)
