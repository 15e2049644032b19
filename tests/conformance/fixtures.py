"""Builds tools for the conformance suite, and the results that they return."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import (
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    LoggingMessageNotification,
    LoggingMessageNotificationParams,
    ServerNotification,
    TextContent,
    TextResourceContents,
    Tool,
)

from tests.testkit.fakes import PNG

Context = ServerRequestContext[Any, Any]
ToolResult = CallToolResult | InputRequiredResult
Answer = Callable[[Context, CallToolRequestParams], Awaitable[ToolResult]]

SAMPLE = b64encode(PNG.data).decode()
"""A small PNG, as base64."""
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class ToolFixture:
    """A tool as `tools/list` describes it, and the function that handles its calls."""

    tool: Tool
    answer: Answer


def fixture(name: str, answer: Answer, schema: dict[str, Any] = NO_ARGUMENTS) -> ToolFixture:
    """A tool with this name."""
    return ToolFixture(Tool(name=name, description=name, input_schema=schema), answer)


def content(*blocks: ContentBlock) -> CallToolResult:
    """A result with these content blocks."""
    return CallToolResult(content=[*blocks])


def text_result(text: str) -> CallToolResult:
    """A result with one text."""
    return content(TextContent(type="text", text=text))


def image() -> ImageContent:
    """The sample image as a content block."""
    return ImageContent(type="image", data=SAMPLE, mime_type="image/png")


def resource(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    """A text resource, embedded as a content block."""
    inside = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=inside)


def binary(uri: str) -> BlobResourceContents:
    """The sample image as a binary resource."""
    return BlobResourceContents(uri=uri, mime_type="image/png", blob=SAMPLE)


async def notify(context: Context, notification: ServerNotification) -> None:
    """Send the notification on the stream of this request."""
    await context.session.send_notification(notification, context.request_id)


async def log(context: Context, text: str) -> None:
    """Send a log message to the client, in the protocol versions that have log messages."""
    if context.protocol_version < "2026":
        params = LoggingMessageNotificationParams(level="info", data=text)
        await notify(context, LoggingMessageNotification(params=params))


def form(message: str, **properties: dict[str, Any]) -> ElicitRequest:
    """A form for the user of the client, with these properties."""
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def accepted_value(response: object, name: str) -> object:
    """The property in the form that the user accepted, or None."""
    return (response.content or {}).get(name) if isinstance(response, ElicitResult) else None
