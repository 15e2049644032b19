"""Tools that need input of the client and are called again with it, as the modern era has it."""

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
    answered,
    fixture,
    form,
    says,
)
from tests.conformance.questions import question

NONCE = "a nonce that only we know"
STRING, BOOLEAN = {"type": "string"}, {"type": "boolean"}


def rounds() -> list[ToolFixture]:
    """All of them."""
    tools = {
        "elicitation": _name,
        "sampling": _capital,
        "list_roots": _roots,
        "request_state": _state,
        "tampered_state": _state,
        "multiple_inputs": _three_things,
        "multi_round": _two_rounds,
        "capabilities": _what_the_client_can,
    }
    return [fixture(f"test_input_required_result_{name}", do) for name, do in tools.items()]


def needs(state: str | None = None, /, **requests: InputRequest) -> InputRequiredResult:
    """A result that asks for all these at once."""
    return InputRequiredResult(input_requests=requests, request_state=state)


async def _name(_: Context, params: CallToolRequestParams) -> ToolResult:
    if name := answered((params.input_responses or {}).get("user_name"), "name"):
        return says(f"Hello, {name}!")
    return needs(user_name=form("What is your name?", name=STRING))


async def _capital(_: Context, params: CallToolRequestParams) -> ToolResult:
    answer = (params.input_responses or {}).get("capital_question")
    if isinstance(answer, CreateMessageResult) and isinstance(answer.content, TextContent):
        return says(f"The model said: {answer.content.text}")
    return needs(capital_question=question("What is the capital of France?"))


async def _roots(_: Context, params: CallToolRequestParams) -> ToolResult:
    answer = (params.input_responses or {}).get("client_roots")
    if isinstance(answer, ListRootsResult):
        return says(f"Roots of the client: {len(answer.roots)}.")
    return needs(client_roots=ListRootsRequest())


async def _state(_: Context, params: CallToolRequestParams) -> ToolResult:
    if params.request_state == NONCE and "confirm" in (params.input_responses or {}):
        return says("state-ok")
    return needs(NONCE, confirm=form("Please confirm", ok=BOOLEAN))


async def _three_things(_: Context, params: CallToolRequestParams) -> ToolResult:
    if {"user_name", "greeting", "client_roots"} <= {*(params.input_responses or {})}:
        return says("All inputs received.")
    return needs(
        NONCE,
        user_name=form("What is your name?", name=STRING),
        greeting=question("Generate a greeting", 50),
        client_roots=ListRootsRequest(),
    )


async def _two_rounds(_: Context, params: CallToolRequestParams) -> ToolResult:
    known: dict[str, str] = json.loads(params.request_state or "{}")
    responses = params.input_responses or {}
    if name := answered(responses.get("step1"), "name"):
        state = json.dumps({"name": name})
        return needs(state, step2=form("What is your favorite color?", color=STRING))
    if "name" in known and (color := answered(responses.get("step2"), "color")):
        return says(f"{known['name']} likes {color}.")
    return needs(json.dumps({}), step1=form("What is your name?", name=STRING))


async def _what_the_client_can(context: Context, _: CallToolRequestParams) -> ToolResult:
    able = context.session.client_capabilities
    requests: dict[str, InputRequest] = {}
    if able is None or able.sampling is not None:
        requests["sample"] = question("Say hello", 50)
    if able is None or able.elicitation is not None:
        requests["ask"] = form("What is your name?", name=STRING)
    return needs(NONCE, **requests)
