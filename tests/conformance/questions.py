"""Tools that send a request to the client during a call, as protocol versions with sessions can."""

from typing import Any

from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitResult,
    SamplingMessage,
    TextContent,
)

from tests.conformance.fixtures import Context, ToolFixture, fixture, form, text_result

PRIORITIES = [{"const": each, "title": f"{each} priority"} for each in ("low", "medium", "high")]
TOPICS = [{"const": each, "title": f"Topic {each}"} for each in ("feature", "bug", "docs")]
DEFAULTS: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
ENUMS: dict[str, dict[str, Any]] = {
    "untitledSingle": {"type": "string", "enum": ["active", "inactive", "pending"]},
    "titledSingle": {"type": "string", "oneOf": PRIORITIES},
    "legacyEnum": {
        "type": "string",
        "enum": ["small", "medium", "large"],
        "enumNames": ["Small Size", "Medium Size", "Large Size"],
    },
    "untitledMulti": {
        "type": "array",
        "items": {"type": "string", "enum": ["read", "write", "execute"]},
    },
    "titledMulti": {"type": "array", "items": {"anyOf": TOPICS}},
}


def question(text: str, max_tokens: int = 100) -> CreateMessageRequest:
    """A request for a reply of the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    params = CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    return CreateMessageRequest(params=params)


def questions() -> list[ToolFixture]:
    """All tools of this module."""
    return [
        fixture("test_sampling", _samples, _takes("prompt")),
        fixture("test_elicitation", _elicits, _takes("message")),
        fixture("test_elicitation_sep1034_defaults", _elicits_defaults),
        fixture("test_elicitation_sep1330_enums", _elicits_enums),
    ]


def _takes(argument: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {argument: {"type": "string"}},
        "required": [argument],
    }


async def _samples(context: Context, params: CallToolRequestParams) -> CallToolResult:
    prompt = str((params.arguments or {}).get("prompt"))
    here = ServerMessageMetadata(related_request_id=context.request_id)
    result = await context.session.send_request(
        question(prompt), CreateMessageResult, metadata=here
    )
    text = result.content.text if isinstance(result.content, TextContent) else "none"
    return text_result(f"LLM response: {text}")


async def _elicits(context: Context, params: CallToolRequestParams) -> CallToolResult:
    message = str((params.arguments or {}).get("message"))
    return await _elicit(context, form(message, response={"type": "string"}))


async def _elicits_defaults(context: Context, _: CallToolRequestParams) -> CallToolResult:
    return await _elicit(context, form("Please provide user information", **DEFAULTS))


async def _elicits_enums(context: Context, _: CallToolRequestParams) -> CallToolResult:
    return await _elicit(context, form("Please select values", **ENUMS))


async def _elicit(context: Context, request: ElicitRequest) -> CallToolResult:
    here = ServerMessageMetadata(related_request_id=context.request_id)
    result = await context.session.send_request(request, ElicitResult, metadata=here)
    return text_result(f"Elicitation completed: action={result.action}, content={result.content}")
