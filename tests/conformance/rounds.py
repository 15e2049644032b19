"""Tools that return a request for input, and are called again with the input."""

import json

from mcp_types import (
    CallToolRequestParams,
    CreateMessageResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    TextContent,
)

from tests.conformance.fixtures import (
    Context,
    ToolFixture,
    ToolResult,
    accepted_value,
    fixture,
    form,
    text_result,
)
from tests.conformance.questions import question

NONCE = "a nonce that only the server knows"
STRING, BOOLEAN = {"type": "string"}, {"type": "boolean"}


def rounds() -> list[ToolFixture]:
    """All tools of this module."""
    tools = {
        "elicitation": _name,
        "sampling": _capital,
        "list_roots": _roots,
        "request_state": _state,
        "tampered_state": _state,
        "multiple_inputs": _three_things,
        "multi_round": _two_rounds,
        "capabilities": _client_capabilities,
    }
    return [fixture(f"test_input_required_result_{name}", do) for name, do in tools.items()]


def needs(state: str | None = None, /, **requests: InputRequest) -> InputRequiredResult:
    """A result that requests all these inputs at once."""
    return InputRequiredResult(input_requests=requests, request_state=state)


async def _name(_: Context, params: CallToolRequestParams) -> ToolResult:
    if name := accepted_value((params.input_responses or {}).get("user_name"), "name"):
        return text_result(f"Hello, {name}!")
    return needs(user_name=form("What is your name?", name=STRING))


async def _capital(_: Context, params: CallToolRequestParams) -> ToolResult:
    answer = (params.input_responses or {}).get("capital_question")
    if isinstance(answer, CreateMessageResult) and isinstance(answer.content, TextContent):
        return text_result(f"The model said: {answer.content.text}")
    return needs(capital_question=question("What is the capital of France?"))


async def _roots(_: Context, params: CallToolRequestParams) -> ToolResult:
    answer = (params.input_responses or {}).get("client_roots")
    if isinstance(answer, ListRootsResult):
        return text_result(f"Roots of the client: {len(answer.roots)}.")
    return needs(client_roots=ListRootsRequest())


async def _state(_: Context, params: CallToolRequestParams) -> ToolResult:
    if params.request_state == NONCE and "confirm" in (params.input_responses or {}):
        return text_result("state-ok")
    return needs(NONCE, confirm=form("Please confirm", ok=BOOLEAN))


async def _three_things(_: Context, params: CallToolRequestParams) -> ToolResult:
    if {"user_name", "greeting", "client_roots"} <= {*(params.input_responses or {})}:
        return text_result("All inputs received.")
    return needs(
        NONCE,
        user_name=form("What is your name?", name=STRING),
        greeting=question("Generate a greeting", 50),
        client_roots=ListRootsRequest(),
    )


async def _two_rounds(_: Context, params: CallToolRequestParams) -> ToolResult:
    known: dict[str, str] = json.loads(params.request_state or "{}")
    responses = params.input_responses or {}
    if name := accepted_value(responses.get("step1"), "name"):
        state = json.dumps({"name": name})
        return needs(state, step2=form("What is your favorite color?", color=STRING))
    if "name" in known and (color := accepted_value(responses.get("step2"), "color")):
        return text_result(f"{known['name']} likes {color}.")
    return needs(json.dumps({}), step1=form("What is your name?", name=STRING))


async def _client_capabilities(context: Context, _: CallToolRequestParams) -> ToolResult:
    client = context.session.client_capabilities
    requests: dict[str, InputRequest] = {}
    if client is None or client.sampling is not None:
        requests["sample"] = question("Say hello", 50)
    if client is None or client.elicitation is not None:
        requests["ask"] = form("What is your name?", name=STRING)
    return needs(NONCE, **requests)
