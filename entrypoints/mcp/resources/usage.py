"""The resource image://usage."""

from entrypoints.mcp.resource_contents import json_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import JSON, Contents, ResourceSpec, Values

URI = "image://usage"
DAYS = 30


async def read(request: ResourceRequest, _: Values) -> Contents:
    """The spending and savings of the last DAYS days, and what is left of each budget."""
    # It loads rich, which must wait for the first read.
    from entrypoints.wire.usage_results import usage_result

    return [json_contents(URI, usage_result(await request.container.report_usage()(DAYS)))]


RESOURCE = ResourceSpec(
    name="usage",
    title="Usage",
    description=f"Spent and saved in the last {DAYS} days, and what is left of each budget.",
    uri=URI,
    media_type=JSON,
    read=read,
)
