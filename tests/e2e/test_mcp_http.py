"""MCP over HTTP with the official client, in both eras of the protocol."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, ImageContent, TextContent
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from domain.image import Image
from entrypoints.config.settings import APP
from entrypoints.mcp.tools import TOOLS
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import ERAS, RawSession, connect_over_http, events, result_of
from tests.e2e.transports import settings_for
from tests.standin import StandIn

pytestmark = pytest.mark.anyio
in_both_eras = pytest.mark.parametrize("era", ERAS)
TOKEN = "the token of the tests"
MEBIBYTE = 1_048_576
LARGE = {"prompt": "a red bridge", "size": "2048x1280"}
"""A PNG of over 4 MB."""


def facts(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content, result.content
    image: dict[str, Any] = result.structured_content["images"][0]
    return image


def text_of(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def fetch(url: str) -> bytes:
    async with httpx2.AsyncClient() as http:
        return (await http.get(url)).content


async def generate(client: Client, **arguments: Any) -> CallToolResult:  # noqa: ANN401 - tool arguments
    return await client.call_tool("generate_image", {"prompt": "a red bridge", **arguments})


@in_both_eras
async def test_the_tools_are_the_same_as_over_every_transport(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        assert (await client.list_tools()).tools == [tool.describe() for tool in TOOLS]
        assert (client.protocol_version in MODERN_PROTOCOL_VERSIONS) is (era == "auto")


async def test_every_protocol_version_is_supported(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, httpx2.AsyncClient() as http:
        for version in HANDSHAKE_PROTOCOL_VERSIONS:
            initialized = result_of(await RawSession(http, url, version).initialize())
            assert initialized["protocolVersion"] == version
            assert initialized["serverInfo"]["name"] == APP
            session = await RawSession.open(http, url, version)
            call = {"name": "cache_stats", "arguments": {}}
            stats = result_of(await session.post("tools/call", call))
            assert stats["content"][0]["text"].startswith("Cache Statistics:"), version
        for version in MODERN_PROTOCOL_VERSIONS:
            async with Client(f"{url}/mcp", mode=version) as client:
                assert client.protocol_version == version
                stats_now = await client.call_tool("cache_stats", {})
                assert text_of(stats_now).startswith("Cache Statistics:")


@in_both_eras
async def test_an_image_of_4_mb_arrives_as_a_preview_and_progress_is_reported(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    steps: list[tuple[float, float | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert message
        steps.append((progress, total))

    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        result = await client.call_tool("generate_image", LARGE, progress_callback=on_progress)
        image = facts(result)
        original = await fetch(image["url"])
    assert image["bytes"] == Path(image["path"]).stat().st_size > 4_000_000
    (shown,) = [block for block in result.content if isinstance(block, ImageContent)]
    assert Image(b64decode(shown.data)).format.media_type == shown.mime_type
    assert image["shown"] == "preview"
    assert original == Path(image["path"]).read_bytes()
    assert image["url"] in text_of(result)
    values = [progress for progress, _ in steps]
    assert values == sorted({*values})
    assert steps[-1] == (100.0, 100.0)
    assert len(steps) >= 3


async def test_no_event_exceeds_the_limit_of_clients(openai_api: StandIn, tmp_path: Path) -> None:
    call = {"name": "generate_image", "arguments": LARGE | {"n": 4}}
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        httpx2.AsyncClient(timeout=None) as http,
    ):
        session = await RawSession.open(http, url)
        reply = await session.post("tools/call", call)
    result = result_of(reply)
    assert [block["type"] for block in result["content"]] == [
        "text",
        *["image"] * 4,
        *["resource_link"] * 4,
    ]
    assert sum(image["bytes"] for image in result["structuredContent"]["images"]) > 16_000_000
    assert max(len(event) for event in events(reply)) < MEBIBYTE


@in_both_eras
async def test_urls_start_with_the_public_url(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, public_url="https://pics.example/studio/")
    async with serve(settings) as url, connect_over_http(url, era) as client:
        created = facts(await generate(client))
        again = facts(await client.call_tool("get_image", {"id": created["id"]}))
    assert created["url"] == again["url"] == f"https://pics.example/studio/images/{created['id']}"


@in_both_eras
async def test_a_request_without_the_token_is_rejected(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path, auth_token=TOKEN)) as url:
        with pytest.raises(ExceptionGroup) as refused:
            async with connect_over_http(url, era, {"authorization": "Bearer another token here"}):
                pytest.fail("it was accepted")
        assert refused.value.subgroup(MCPError), refused.value
        async with httpx2.AsyncClient() as http:
            reply = await RawSession(http, url).initialize()
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer ")
    assert reply.json()["code"] == "unauthorized"


@in_both_eras
async def test_a_token_is_an_owner_without_access_to_images_of_others(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        ours = facts(await generate(client))["id"]
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with (
        serve(settings) as url,
        connect_over_http(url, era, {"authorization": f"Bearer {TOKEN}"}) as client,
    ):
        theirs = facts(await generate(client))["id"]
        assert len(openai_api.posts) == 2, "the cache entry of another owner was served"
        change = {"prompt": "blue", "images": [ours]}
        refused = await client.call_tool("edit_image", change)
        assert refused.is_error
        assert "not_found" in text_of(refused)
        edited = await client.call_tool("edit_image", change | {"images": [theirs]})
        assert not edited.is_error, text_of(edited)
    assert len(openai_api.posts) == 3


@in_both_eras
async def test_the_rate_limit_rejects_generations_but_not_queries(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path, rate_limit="2/minute")) as url,
        connect_over_http(url, era) as client,
    ):
        for _ in range(2):
            assert not (await generate(client)).is_error
        assert not (await generate(client)).is_error, "the cache has it"
        refused = [await generate(client, fresh=True) for _ in range(2)][-1]
        assert not (await client.call_tool("cache_stats", {})).is_error
    assert refused.is_error
    assert "too_many_requests" in text_of(refused)
    assert "Nothing was charged." in text_of(refused)
    assert len(openai_api.posts) == 2
