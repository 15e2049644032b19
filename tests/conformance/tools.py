"""Tools that return a result without asking the client for input.

They cover content types, errors, progress, logs, list changes and resumed streams.
"""

from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolRequestParams,
    CallToolResult,
    TextContent,
)

from tests.conformance.fixtures import (
    Answer,
    Context,
    ToolFixture,
    content,
    fixture,
    image,
    log,
    resource,
    text_result,
)

SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
"""A WAV file of one sample, as base64."""
SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
WITH_HEADER = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
}


def tools(bus: InMemorySubscriptionBus) -> list[ToolFixture]:
    """All tools of this module; `bus` publishes changes of lists."""
    text = TextContent(type="text", text="Multiple content types test:")
    audio = AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")
    embedded = resource("test://embedded-resource", "This is an embedded resource content.")
    facts = resource("test://mixed-content-resource", '{"test": "data"}', "application/json")
    return [
        fixture(
            "test_simple_text", _always(text_result("This is a simple text response for testing."))
        ),
        fixture("test_image_content", _always(content(image()))),
        fixture("test_audio_content", _always(content(audio))),
        fixture("test_embedded_resource", _always(content(embedded))),
        fixture("test_multiple_content_types", _always(content(text, image(), facts))),
        fixture("json_schema_2020_12_tool", _always(text_result("ok")), SCHEMA_2020_12),
        fixture("test_x_mcp_header", _always(text_result("ok")), WITH_HEADER),
        fixture("test_error_handling", _fails),
        fixture("test_tool_with_logging", _logs),
        fixture("test_logging_tool", _logs),
        fixture("test_tool_with_progress", _progresses),
        fixture("test_streaming_elicitation", _progresses),
        fixture("test_missing_capability", _needs_sampling),
        fixture("test_reconnection", _closes_its_stream),
        fixture("test_trigger_tool_change", _changes(bus, ToolsListChanged())),
        fixture("test_trigger_prompt_change", _changes(bus, PromptsListChanged())),
    ]


def _always(result: CallToolResult) -> Answer:
    async def answer(_: Context, __: CallToolRequestParams) -> CallToolResult:
        return result

    return answer


def _changes(bus: InMemorySubscriptionBus, event: ServerEvent) -> Answer:
    async def answer(_: Context, __: CallToolRequestParams) -> CallToolResult:
        await bus.publish(event)
        return text_result("changed")

    return answer


async def _fails(_: Context, __: CallToolRequestParams) -> CallToolResult:
    text = "This tool intentionally returns an error for testing"
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


async def _logs(context: Context, _: CallToolRequestParams) -> CallToolResult:
    for step in ("started", "processing data", "completed"):
        await log(context, f"Tool {step}")
    return text_result("Tool with logging executed successfully")


async def _progresses(context: Context, _: CallToolRequestParams) -> CallToolResult:
    for share in (0, 50, 100):
        await context.session.report_progress(share, 100, f"Completed step {share} of 100")
    return text_result("Progress was made")


async def _needs_sampling(context: Context, _: CallToolRequestParams) -> CallToolResult:
    client = context.session.client_capabilities
    if client is None or client.sampling is None:
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool requires the client 'sampling' capability",
            {"requiredCapabilities": {"sampling": {}}},
        )
    return text_result("The client can sample.")


async def _closes_its_stream(context: Context, _: CallToolRequestParams) -> CallToolResult:
    await log(context, "Before disconnect")
    if context.close_sse_stream is not None:
        await context.close_sse_stream()
    return text_result("Reconnection test completed")
