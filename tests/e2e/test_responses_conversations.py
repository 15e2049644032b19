"""A conversation in responses mode over stdio: OpenAI keeps it, until one side forgets it."""

from collections.abc import Mapping
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult

from tests.e2e.host import SERVER
from tests.standin import StandIn

pytestmark = pytest.mark.anyio
LOGO = {"conversationId": "logo", "useContext": True, "quality": "low"}


def server(environment: Mapping[str, str], **more: str) -> StdioServerParameters:
    """A server in responses mode."""
    settings = {**environment, "API_MODE": "responses", **more}
    return StdioServerParameters(command=SERVER, env=settings, cwd="/")


def text_in(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


@pytest.mark.parametrize(("era", "background"), [("auto", "off"), ("legacy", "on")])
async def test_each_turn_continues_the_last_and_costs_the_tokens_that_openai_counts(
    openai_api: StandIn,
    environment: dict[str, str],
    era: Any,  # noqa: ANN401 - the SDK's literal
    background: str,
) -> None:
    parameters = server(environment, RESPONSES_BACKGROUND=background)
    async with Client(stdio_client(parameters), mode=era) as client:
        first = await client.call_tool("generate_image", {"prompt": "a fox", **LOGO})
        second = await client.call_tool("edit_image", {"prompt": "add a hat", **LOGO})
        third = await client.call_tool("generate_image", {"prompt": "as an icon", **LOGO})
        cleared = await client.call_tool("clear_conversation", {"conversationId": "logo"})
        anew = await client.call_tool("generate_image", {"prompt": "an owl", **LOGO})
    answers = [first, second, third, anew]
    assert [answer.is_error for answer in (*answers, cleared)] == [False] * 5
    asked = [call.fields for call in openai_api.posts]
    numbers = [at for at, call in enumerate(openai_api.calls, 1) if call.method == "POST"]
    names = [f"resp_standin_{number}" for number in numbers]
    previous = [fields.get("previous_response_id") for fields in asked]
    assert previous == [None, names[0], names[1], None]
    assert [fields["tools"][0]["action"] for fields in asked] == [  # type: ignore[index] # a list
        "generate",
        "edit",
        "generate",
        "generate",
    ]
    assert [fields["input"][0]["content"] for fields in asked] == [  # type: ignore[index] # a list
        [{"type": "input_text", "text": text}]
        for text in ("a fox", "add a hat", "as an icon", "an owl")
    ]
    for answer, charge in zip(answers, openai_api.ledger, strict=True):
        into, out = charge.mainline["input_tokens"], charge.mainline["output_tokens"]
        assert f"with {into:,} input tokens and {out} output tokens" in text_in(answer)
    counts = [charge.mainline["input_tokens"] for charge in openai_api.ledger]
    assert counts[0] < counts[1] < counts[2]  # type: ignore[operator] # numbers
    assert counts[3] == counts[0]


async def test_a_conversation_goes_on_after_a_restart_and_says_how_when_openai_lost_it(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    async with Client(stdio_client(server(environment))) as client:
        first = await client.call_tool("generate_image", {"prompt": "a fox", **LOGO})
        image = (first.structured_content or {})["images"][0]["id"]
    async with Client(stdio_client(server(environment))) as client:
        second = await client.call_tool("edit_image", {"prompt": "add a hat", **LOGO})
        openai_api.forget_responses()
        lost = await client.call_tool("edit_image", {"prompt": "a red hat", **LOGO})
        without = {**LOGO, "useContext": False, "images": [image]}
        advised = await client.call_tool("edit_image", {"prompt": "a red hat", **without})
    assert openai_api.posts[1].fields["previous_response_id"] == "resp_standin_1"
    assert (second.is_error, lost.is_error, advised.is_error) == (False, True, False)
    assert "no longer has the earlier turns" in text_in(lost)
    assert "useContext false" in text_in(lost)
    assert [len(openai_api.posts), len(openai_api.ledger)] == [4, 3]


async def test_a_turn_that_was_sent_alone_does_not_hide_the_turns_before_it(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    alone = {**LOGO, "useContext": False}
    async with Client(stdio_client(server(environment))) as client:
        await client.call_tool("generate_image", {"prompt": "a fox", **LOGO})
        await client.call_tool("generate_image", {"prompt": "in snow", **alone})
        await client.call_tool("edit_image", {"prompt": "add a hat", **LOGO})
        await client.call_tool("edit_image", {"prompt": "a red hat", **LOGO})
    third, fourth = (call.fields for call in openai_api.posts[2:])
    text, image = third["input"][0]["content"]  # type: ignore[index] # a list
    assert "previous_response_id" not in third
    assert "1. a fox\n2. in snow\n" in text["text"]
    assert image["type"] == "input_image"
    assert fourth["previous_response_id"] == "resp_standin_3"
    assert [part["type"] for part in fourth["input"][0]["content"]] == ["input_text"]  # type: ignore[index] # a list


async def test_without_storing_the_earlier_prompts_and_the_image_are_sent(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    async with Client(stdio_client(server(environment, RESPONSES_STORE="false"))) as client:
        await client.call_tool("generate_image", {"prompt": "a fox", **LOGO})
        await client.call_tool("edit_image", {"prompt": "add a hat", **LOGO})
    first, second = openai_api.posts
    assert (first.fields["store"], second.fields["store"]) == (False, False)
    assert "previous_response_id" not in second.fields
    text, image = second.fields["input"][0]["content"]  # type: ignore[index] # a list
    assert "a fox" in text["text"]
    assert text["text"].endswith("add a hat")
    assert image["type"] == "input_image"
    assert len(second.files) == 1
