"""Conversations over stdio, with server processes that are killed, and what their files keep."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult

from tests.e2e.host import SERVER, Host, text_of

pytestmark = pytest.mark.anyio
CANARY = "zebracanary"
TURNS = 50
KILLED_AFTER = 5


def environment(home: Path) -> dict[str, str]:
    """The settings of a server with offline sketches in folders of its own."""
    folders = {f"{name}_DIR": str(home / name.lower()) for name in ("DATA", "CACHE", "OUTPUT")}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PROVIDER": "sketch", **folders}


def text_in(result: CallToolResult) -> str:
    """All text of a tool result."""
    return "\n".join(part.text for part in result.content if part.type == "text")


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_two_turns_are_a_conversation_for_the_official_client(
    tmp_path: Path,
    era: Any,  # noqa: ANN401 - the SDK's literal
) -> None:
    parameters = StdioServerParameters(command=SERVER, env=environment(tmp_path))
    logo = {"conversationId": "logo", "size": "512x512"}
    async with Client(stdio_client(parameters, errlog=sys.stderr), mode=era) as client:
        first = await client.call_tool("generate_image", {"prompt": f"a {CANARY}", **logo})
        second = await client.call_tool(
            "edit_image", {"prompt": "add a hat", "useContext": True, **logo}
        )
        third = await client.call_tool("generate_image", {"prompt": f"a {CANARY}", **logo})
        assert "Conversation logo, turn 1" in text_in(first)
        assert "the image of turn 1." in text_in(second)
        assert "From the cache" in text_in(third)
        facts = [each.structured_content or {} for each in (first, second, third)]
        assert [(each["conversationId"], each["turn"]) for each in facts] == [
            ("logo", 1),
            ("logo", 2),
            ("logo", 3),
        ]
        shown = await client.call_tool("get_conversation", {"conversationId": "logo"})
        turns = (shown.structured_content or {})["turns"]
        assert [turn["images"][0]["id"] for turn in turns] == [
            each["images"][0]["id"] for each in facts
        ]
        assert turns[1]["context"] == [1]
        assert turns[2]["servedFrom"] == "memory"
        listed = await client.call_tool("list_conversations", {})
        assert text_in(listed).startswith("logo · 3 turns")
        outside = await client.call_tool("edit_image", {"prompt": "add a hat"})
        assert outside.is_error
        assert "images is required" in text_in(outside)
        cleared = await client.call_tool("clear_conversation", {"conversationId": "logo"})
        assert "cleared: 3 turns" in text_in(cleared)
        left = [
            await client.call_tool("get_conversation", {"conversationId": "logo"}),
            await client.call_tool("list_conversations", {}),
            await client.call_tool("list_images", {}),
            await client.call_tool("get_image", {"id": facts[0]["images"][0]["id"]}),
        ]
        assert [each.is_error for each in left] == [True, False, False, False]
        assert not any(CANARY in text_in(each) for each in left)
        assert not any(CANARY in str(each.structured_content) for each in left)
        assert files_with(tmp_path) == []


def files_with(home: Path) -> list[str]:
    """The files of all folders that have the canary in their names or bytes."""
    return [
        file.name
        for file in home.rglob("*")
        if CANARY in file.name or (file.is_file() and CANARY.encode() in file.read_bytes())
    ]


@pytest.mark.timeout(300)
def test_no_turn_is_lost_when_the_server_is_killed_at_each_fifth(tmp_path: Path) -> None:
    """The process is killed the moment that it has answered, so nothing is written afterwards."""
    prompts = [f"{CANARY} number {at}" for at in range(TURNS)]
    images: list[str] = []
    for start in range(0, TURNS, KILLED_AFTER):
        with Host(environment(tmp_path)) as host:
            host.initialize()
            for prompt in prompts[start : start + KILLED_AFTER]:
                arguments = {"prompt": prompt, "conversationId": "long", "size": "256x256"}
                answer = host.response(host.call("generate_image", arguments))
                images.append(answer["result"]["structuredContent"]["images"][0]["id"])
            host.process.kill()
    with Host(environment(tmp_path)) as host:
        host.initialize()
        shown = host.response(host.call("get_conversation", {"conversationId": "long"}))
        turns = shown["result"]["structuredContent"]["turns"]
        assert [turn["prompt"] for turn in turns] == prompts
        assert [turn["images"] for turn in turns] == [[{"id": each}] for each in images]
        assert [turn["turn"] for turn in turns] == [*range(1, TURNS + 1)]
        assert files_with(tmp_path)
        cleared = host.response(host.call("clear_conversation", {"conversationId": "long"}))
        assert "cleared: 50 turns" in text_of(cleared)
        assert files_with(tmp_path) == []
