"""What the tools of the conformance suite have in common: how they are made and how they answer."""

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
    """A tool as it is listed, and what it does."""

    tool: Tool
    answer: Answer


def fixture(name: str, answer: Answer, schema: dict[str, Any] = NO_ARGUMENTS) -> ToolFixture:
    """A tool of that name."""
    return ToolFixture(Tool(name=name, description=name, input_schema=schema), answer)


def content(*blocks: ContentBlock) -> CallToolResult:
    """A result of these blocks."""
    return CallToolResult(content=[*blocks])


def says(words: str) -> CallToolResult:
    """A result of one text."""
    return content(TextContent(type="text", text=words))


def image() -> ImageContent:
    """The sample as a block."""
    return ImageContent(type="image", data=SAMPLE, mime_type="image/png")


def resource(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    """A text inside a result."""
    inside = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=inside)


def binary(uri: str) -> BlobResourceContents:
    """The sample as a resource."""
    return BlobResourceContents(uri=uri, mime_type="image/png", blob=SAMPLE)


async def tell(context: Context, notification: ServerNotification) -> None:
    """Send on the stream of this request."""
    await context.session.send_notification(notification, context.request_id)


async def log(context: Context, words: str) -> None:
    """Log to the client, in the eras that still send logs unasked."""
    if context.protocol_version < "2026":
        params = LoggingMessageNotificationParams(level="info", data=words)
        await tell(context, LoggingMessageNotification(params=params))


def form(message: str, **properties: dict[str, Any]) -> ElicitRequest:
    """A question whose answer has these properties."""
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def answered(response: object, name: str) -> object:
    """The property of an answer that was accepted, or None."""
    return (response.content or {}).get(name) if isinstance(response, ElicitResult) else None
