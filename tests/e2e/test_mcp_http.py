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
    picture: dict[str, Any] = result.structured_content["images"][0]
    return picture


def words(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def fetched(url: str) -> bytes:
    async with httpx2.AsyncClient() as http:
        return (await http.get(url)).content


async def painted(client: Client, **arguments: Any) -> CallToolResult:  # noqa: ANN401 - tool arguments
    return await client.call_tool("generate_image", {"prompt": "a red bridge", **arguments})


@in_both_eras
async def test_the_tools_are_those_of_every_transport(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        assert (await client.list_tools()).tools == [tool.describe() for tool in TOOLS]
        assert (client.protocol_version in MODERN_PROTOCOL_VERSIONS) is (era == "auto")


async def test_every_version_of_the_protocol_is_spoken(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, httpx2.AsyncClient() as http:
        for version in HANDSHAKE_PROTOCOL_VERSIONS:
            shaken = result_of(await RawSession(http, url, version).initialize())
            assert shaken["protocolVersion"] == version
            assert shaken["serverInfo"]["name"] == APP
            session = await RawSession.open(http, url, version)
            called = {"name": "cache_stats", "arguments": {}}
            stats = result_of(await session.post("tools/call", called))
            assert stats["content"][0]["text"].startswith("Cache Statistics:"), version
        for version in MODERN_PROTOCOL_VERSIONS:
            async with Client(f"{url}/mcp", mode=version) as client:
                assert client.protocol_version == version
                stats_now = await client.call_tool("cache_stats", {})
                assert words(stats_now).startswith("Cache Statistics:")


@in_both_eras
async def test_a_picture_of_4_mb_arrives_as_a_preview_and_every_step_is_told(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    heard: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert message
        heard.append((progress, total))

    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        result = await client.call_tool("generate_image", LARGE, progress_callback=hear)
        picture = facts(result)
        original = await fetched(picture["url"])
    assert picture["bytes"] == Path(picture["path"]).stat().st_size > 4_000_000
    (shown,) = [block for block in result.content if isinstance(block, ImageContent)]
    assert Image(b64decode(shown.data)).format.media_type == shown.mime_type
    assert picture["shown"] == "preview"
    assert original == Path(picture["path"]).read_bytes()
    assert picture["url"] in words(result)
    values = [progress for progress, _ in heard]
    assert values == sorted({*values})
    assert heard[-1] == (100.0, 100.0)
    assert len(heard) >= 3


async def test_no_event_is_larger_than_clients_take_whatever_is_behind_it(
    openai_api: StandIn, tmp_path: Path
) -> None:
    call = {"name": "generate_image", "arguments": LARGE | {"n": 4}}
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        httpx2.AsyncClient(timeout=None) as http,
    ):
        session = await RawSession.open(http, url)
        answer = await session.post("tools/call", call)
    told = result_of(answer)
    assert [block["type"] for block in told["content"]] == ["text", *["image"] * 4]
    assert sum(picture["bytes"] for picture in told["structuredContent"]["images"]) > 16_000_000
    assert max(len(event) for event in events(answer)) < MEBIBYTE


@in_both_eras
async def test_links_lead_below_the_public_url(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, public_url="https://pics.example/studio/")
    async with serve(settings) as url, connect_over_http(url, era) as client:
        made = facts(await painted(client))
        again = facts(await client.call_tool("get_image", {"id": made["id"]}))
    assert made["url"] == again["url"] == f"https://pics.example/studio/images/{made['id']}"


@in_both_eras
async def test_without_the_token_nobody_comes_in(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path, auth_token=TOKEN)) as url:
        with pytest.raises(ExceptionGroup) as refused:
            async with connect_over_http(url, era, {"authorization": "Bearer another token here"}):
                pytest.fail("it was let in")
        assert refused.value.subgroup(MCPError), refused.value
        async with httpx2.AsyncClient() as http:
            answer = await RawSession(http, url).initialize()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert answer.json()["code"] == "unauthorized"


@in_both_eras
async def test_a_token_is_an_owner_who_sees_no_picture_of_others(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, era) as client,
    ):
        ours = facts(await painted(client))["id"]
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with (
        serve(settings) as url,
        connect_over_http(url, era, {"authorization": f"Bearer {TOKEN}"}) as client,
    ):
        theirs = facts(await painted(client))["id"]
        assert len(openai_api.posts) == 2, "the cache of another owner was looked into"
        change = {"prompt": "blue", "images": [ours]}
        refused = await client.call_tool("edit_image", change)
        assert refused.is_error
        assert "not_found" in words(refused)
        edited = await client.call_tool("edit_image", change | {"images": [theirs]})
        assert not edited.is_error, words(edited)
    assert len(openai_api.posts) == 3


@in_both_eras
async def test_who_asks_too_often_is_told_when_to_come_back_and_looking_costs_nothing(
    era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path, rate_limit="2/minute")) as url,
        connect_over_http(url, era) as client,
    ):
        for _ in range(2):
            assert not (await painted(client)).is_error
        refused = await painted(client)
        assert not (await client.call_tool("cache_stats", {})).is_error
    assert refused.is_error
    assert "too_many_requests" in words(refused)
    assert "Nothing was charged." in words(refused)
    assert len(openai_api.posts) == 1
