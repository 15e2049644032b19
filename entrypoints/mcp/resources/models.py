"""The resource image://models."""

from entrypoints.mcp.resource_contents import json_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import JSON, Contents, ResourceSpec, Values

URI = "image://models"


async def read(request: ResourceRequest, _: Values) -> Contents:
    """Every model with its abilities, prices and date of shutdown."""
    # It loads rich, which must wait for the first read.
    from entrypoints.wire.model_results import catalog_entries

    entries = catalog_entries(request.container.list_models()())
    return [json_contents(URI, {"models": entries})]


RESOURCE = ResourceSpec(
    name="models",
    title="Models",
    description="The models: sizes, qualities, prices and shutdown dates.",
    uri=URI,
    media_type=JSON,
    read=read,
)
