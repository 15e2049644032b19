"""The resource image://usage."""

from entrypoints.mcp.resource_contents import json_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import JSON, Contents, ResourceSpec, Values

URI = "image://usage"
DAYS = 30
MAX_ENTRY = 2_000
"""Bytes of the account of one model on one day: the name of the model may have 100 characters."""


async def read(request: ResourceRequest, _: Values) -> Contents:
    """The spending and savings of the last DAYS days, and what is left of each budget.

    If not all accounts fit into one message, the newest; the total is of all.
    """
    # It loads rich, which must wait for the first read.
    from entrypoints.wire.usage_results import usage_result

    usage = usage_result(await request.container.report_usage()(DAYS))
    del usage.days[request.max_bytes // MAX_ENTRY :]
    return [json_contents(URI, usage)]


RESOURCE = ResourceSpec(
    name="usage",
    title="Usage",
    description=f"Spent and saved in the last {DAYS} days, and what is left of each budget.",
    uri=URI,
    media_type=JSON,
    read=read,
)
