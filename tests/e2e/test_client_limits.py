"""What clients are known to cut off, drop and refuse, tried on the result of every tool."""

import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import httpx2
import PIL.Image
import pytest
from mcp import Client
from mcp_types import CallToolResult, JSONRPCResponse

from domain.image import Image
from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.mcp.json_rpc import encode
from entrypoints.mcp.reply_deadline import reply_deadline
from entrypoints.mcp.server import build_server
from entrypoints.mcp.tools import TOOLS
from entrypoints.wire.client_profiles import client_profiles, profile_of
from tests.e2e.every_tool import (
    CONVERSATION,
    NAMES,
    REQUIRED,
    World,
    arguments_for,
    client_of,
    facts_of,
    made,
    open_client,
    text_of,
)
from tests.e2e.loopback_server import serve_container
from tests.e2e.mcp_http import RawSession, events, result_of
from tests.testkit.fakes import FakeProvider, settings_in

MEBIBYTE = 1_048_576
CLIENTS = ["claude-code", "claude-ai", "codex-mcp-client", "not listed"]
REMOVING = [tool.name for tool in TOOLS if tool.annotations.destructive_hint]
KEEPING = [name for name in NAMES if name not in REMOVING]
AGAIN = {"conversationId": CONVERSATION}
"""What makes a conversation for the next client: this one has cleared it."""
TAKES_N = ("generate_image", "edit_image")


def large_image(seed: int) -> Image:
    """A PNG of 3 MB: noise, which no encoder makes much smaller."""
    noise = random.Random(seed).randbytes(1024 * 1024 * 3)  # noqa: S311 - keeps no secret
    png = BytesIO()
    PIL.Image.frombytes("RGB", (1024, 1024), noise).save(png, "PNG", compress_level=1)
    return Image(png.getvalue())


@dataclass
class Answers:
    """What every tool answered: by client and tool, as errors, late, and as events over HTTP."""

    results: dict[str, dict[str, CallToolResult]] = field(default_factory=dict)
    faulty: dict[str, CallToolResult] = field(default_factory=dict)
    invalid: dict[str, CallToolResult] = field(default_factory=dict)
    late: dict[str, CallToolResult] = field(default_factory=dict)
    largest_event: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Every tool is called once by each client; the tests look at the results."""
    return anyio.run(collect, tmp_path_factory.mktemp("limits"))


async def collect(folder: Path) -> Answers:
    found, provider = Answers(), FakeProvider(*map(large_image, range(4)))
    settings = settings_in(folder / "data")
    async with run_application(settings, provider=provider) as container:
        async with client_of(container) as client:
            world = await made(client, provider, n=4)
            first = await client.call_tool("get_image", {"id": world.job_id})
            for tool in NAMES:
                if REQUIRED[tool]:
                    found.invalid[tool] = await client.call_tool(tool, {})
        worlds = [replace(world, image_id=each["id"]) for each in facts_of(first)["images"]]
        async with serve_container(container) as url:
            await collect_events(url, world, found)
        for client_name, its in zip(CLIENTS, worlds, strict=True):
            async with client_of(container, client_name) as client:
                found.results[client_name] = {
                    tool: await client.call_tool(tool, call_of(tool, its))
                    for tool in (*KEEPING, *REMOVING)
                }
                await client.call_tool("generate_image", call_of("generate_image", its) | AGAIN)
    async with faulty_client(folder / "faulty") as client:
        for tool in NAMES:
            found.faulty[tool] = await client.call_tool(tool, {})
    found.late = await late_results(folder / "late")
    return found


def call_of(tool: str, world: World) -> dict[str, Any]:
    """Arguments with which the result is as large as it can be."""
    return arguments_for(tool, world) | ({"n": 4} if tool in TAKES_N else {})


@asynccontextmanager
async def faulty_client(folder: Path) -> AsyncIterator[Client]:
    """A client of a server whose settings are at fault, so that every call is an error."""
    settings = settings_in(folder)
    application = LazyApplication(settings, fault="OPENAI_API_KEY: It has a blank in it.")
    async with Client(build_server(application.container, settings)) as client:
        yield client


async def late_results(folder: Path) -> dict[str, CallToolResult]:
    """What every tool answers while the provider does not."""
    provider = FakeProvider()
    async with open_client(folder, provider) as client:
        world = await made(client, provider)
    stalled = FakeProvider(meanwhile=anyio.Event().wait)
    async with open_client(folder, stalled, reply_deadline=0, shutdown_grace=0) as client:
        return {
            tool: await client.call_tool(tool, arguments_for(tool, world))
            for tool in (*KEEPING, *REMOVING)
        }


async def collect_events(url: str, world: World, found: Answers) -> None:
    async with httpx2.AsyncClient(timeout=None) as http:
        session = await RawSession.open(http, url)
        for tool in KEEPING:
            call = {"name": tool, "arguments": call_of(tool, world)}
            reply = await session.post("tools/call", call)
            assert not result_of(reply)["isError"], reply.text[:2000]
            found.largest_event[tool] = max(map(len, events(reply)))


def line(result: CallToolResult) -> bytes:
    """The message with this result, as it is written to standard output."""
    content = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return encode(JSONRPCResponse(jsonrpc="2.0", id=1, result=content))


def essentials(result: CallToolResult) -> set[str]:
    """What a caller cannot do without: the IDs, the places and the cost of images; all hints."""
    facts = result.structured_content or {}
    images = [image for image in facts.get("images", []) if isinstance(image, Mapping)]
    named = {str(image[name]) for image in images for name in ("id", "path") if name in image}
    return named | set(facts.get("hints", []))


pytestmark = pytest.mark.timeout(120)
of_every_tool = pytest.mark.parametrize("tool", NAMES)


@of_every_tool
@pytest.mark.parametrize("client", CLIENTS)
def test_every_tool_succeeds(client: str, tool: str, answers: Answers) -> None:
    result = answers.results[client][tool]
    assert not result.is_error, text_of(result)


@of_every_tool
@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "claude-code"])
def test_a_result_is_smaller_than_1_mib(client: str, tool: str, answers: Answers) -> None:
    assert len(line(answers.results[client][tool])) < MEBIBYTE


@of_every_tool
@pytest.mark.parametrize("client", CLIENTS)
def test_a_message_is_smaller_than_half_the_10_mib_buffer(
    client: str, tool: str, answers: Answers
) -> None:
    assert len(line(answers.results[client][tool])) < 5 * MEBIBYTE


@pytest.mark.parametrize("tool", KEEPING)
def test_an_event_is_smaller_than_1_mib(tool: str, answers: Answers) -> None:
    assert answers.largest_event[tool] < MEBIBYTE


def test_images_of_12_mb_are_in_the_results_that_are_measured(answers: Answers) -> None:
    for results in answers.results.values():
        images = (results["generate_image"].structured_content or {})["images"]
        assert sum(image["bytes"] for image in images) > 12_000_000


@of_every_tool
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_drops_the_text_beside_structured_content_has_everything(
    client: str, tool: str, answers: Answers
) -> None:
    result = answers.results[client][tool]
    assert result.structured_content, "such a client would get nothing"
    kept, text = json.dumps(result.structured_content, ensure_ascii=False), text_of(result)
    for line_with_advice in text.splitlines():
        if line_with_advice.startswith(("To edit", "For a new", "Put ", "![", "Do not ")):
            assert line_with_advice in kept


@of_every_tool
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_without_structured_content_and_images_has_everything(
    client: str, tool: str, answers: Answers
) -> None:
    result = answers.results[client][tool]
    assert {each for each in essentials(result) if each not in text_of(result)} == set()


@of_every_tool
def test_an_error_says_everything_in_its_text(tool: str, answers: Answers) -> None:
    failed = [answers.faulty[tool], *filter(None, [answers.invalid.get(tool)])]
    for result in failed:
        assert result.is_error
        assert [part.type for part in result.content] == ["text"]
        text = text_of(result)
        assert "Nothing was charged." in text
        assert "do not retry unchanged" in text
    assert "OPENAI_API_KEY: It has a blank in it." in text_of(answers.faulty[tool])


@of_every_tool
def test_a_client_that_waits_60_or_240_seconds_has_an_answer_while_the_provider_has_none(
    tool: str, answers: Answers, tmp_path: Path
) -> None:
    result = answers.late[tool]
    assert not result.is_error, text_of(result)
    if tool in TAKES_N:
        assert (result.structured_content or {})["state"] == "painting"
    for profile in (*client_profiles().values(), profile_of("not listed")):
        deadline = reply_deadline(settings_in(tmp_path), profile, {})
        assert deadline < min(60, profile.timeout or 60)
