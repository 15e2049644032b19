"""The tools and the resource of the viewer, for clients that show MCP Apps and for all others."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pybase64
import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, ImageContent, TextResourceContents

from domain.image import Image
from domain.provider_errors import OutcomeUnknown
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.frontend.assets import read_asset
from entrypoints.mcp.app_clients import APP_TYPE, VIEWER_URI
from tests.e2e.app.app_clients import APP_ONLY, SHOWN, app_client, ui_of
from tests.e2e.every_tool import client_of, facts_of, text_of
from tests.e2e.test_client_limits import large_image
from tests.testkit.fakes import PNG, FakeProvider, settings_in

pytestmark = pytest.mark.anyio
ERAS = ["auto", "legacy"]
MAX_VIEWER = 100_000
"""Bytes of the viewer: some hosts keep it in each conversation."""


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_that_declares_apps_gets_the_viewer_with_three_tools(
    mode: str, tmp_path: Path
) -> None:
    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider()) as container,
        app_client(container, mode=mode) as client,
    ):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    with_ui = {name for name, tool in tools.items() if ui_of(tool)}
    assert with_ui == SHOWN | APP_ONLY
    for name in SHOWN:
        assert ui_of(tools[name]) == {"resourceUri": VIEWER_URI}
    for name in APP_ONLY:
        assert ui_of(tools[name]) == {"resourceUri": VIEWER_URI, "visibility": ["app"]}


@pytest.mark.parametrize("mode", ERAS)
async def test_the_list_of_other_clients_is_as_it_was(mode: str, tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        async with client_of(container) as plain, app_client(container, mode=mode, types=[]) as odd:
            expected = (await plain.list_tools()).tools
            assert (await odd.list_tools()).tools == expected
        assert not any(ui_of(tool) for tool in expected)
        async with app_client(container, mode=mode) as client:
            listed = (await client.list_tools()).tools
    stripped = [tool.model_copy(update={"meta": None}) for tool in listed]
    assert stripped[: len(expected)] == expected


@pytest.mark.parametrize(
    ("setting", "plain", "declares"), [("on", True, True), ("off", False, False)]
)
async def test_the_setting_overrides_what_clients_declare(
    setting: str, plain: bool, declares: bool, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, mcp_apps=setting)
    async with (
        run_application(settings, provider=FakeProvider()) as container,
        client_of(container) as other,
        app_client(container) as client,
    ):
        assert ("watch_job" in await names(other)) is plain
        assert ("watch_job" in await names(client)) is declares
        if setting == "off":
            with pytest.raises(MCPError, match="Unknown tool"):
                await client.call_tool("watch_job", {})
            with pytest.raises(MCPError, match="No resource"):
                await client.read_resource(VIEWER_URI)


async def test_the_viewer_is_one_small_file_that_names_no_other_one(tmp_path: Path) -> None:
    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider()) as container,
        client_of(container) as client,
    ):
        (contents,) = (await client.read_resource(VIEWER_URI)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.mime_type == APP_TYPE
    assert contents.meta == {"ui": {"csp": {}, "prefersBorder": False}}
    html = contents.text
    assert html.encode() == read_asset("viewer.html")
    assert len(html.encode()) <= MAX_VIEWER
    assert html.startswith("<!doctype html>")
    for other in (
        "<link",
        "import(",
        "@import",
        "fetch(",
        "XMLHttpRequest",
        "createObjectURL",
        "eval(",
    ):
        assert other not in html
    assert {*re.findall(r"https?://[^/'\"`]+", html)} <= {"http://www.w3.org"}  # names of SVG


async def test_the_result_has_its_image_with_the_viewer_as_without(tmp_path: Path) -> None:
    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider()) as container,
        client_of(container) as plain,
        app_client(container) as client,
    ):
        call = {"prompt": "a boat", "size": str(PNG.dimensions)}
        expected = await plain.call_tool("generate_image", call)
        got = await client.call_tool("generate_image", call)
        image_id = facts_of(got)["images"][0]["id"]
        again = await client.call_tool("get_image", {"id": image_id})
        edited = await client.call_tool("edit_image", {"prompt": "red", "images": [image_id]})
    for result in (expected, got, again, edited):
        assert [block for block in result.content if isinstance(block, ImageContent)]
    assert images_of(got) == images_of(expected)


def images_of(result: CallToolResult) -> list[str]:
    return [block.data for block in result.content if isinstance(block, ImageContent)]


@pytest.mark.parametrize("limit", [100_000, 900_000, 8_000_000])
async def test_chunks_are_the_image_and_each_fits_into_a_message(
    limit: int, tmp_path: Path
) -> None:
    image = large_image(1)
    settings = settings_in(tmp_path, result_max_bytes=limit)
    async with (
        run_application(settings, provider=FakeProvider(image)) as container,
        app_client(container) as client,
    ):
        facts = facts_of(await client.call_tool("generate_image", {"prompt": "noise"}))
        image_id = facts["images"][0]["id"]
        parts, count = list[str](), 1
        while len(parts) < count:
            call = {"id": image_id, "chunk": len(parts) + 1}
            result = await client.call_tool("read_image", call)
            assert len(result.model_dump_json()) < limit
            chunk = facts_of(result)
            count = chunk["chunks"]
            parts.append(chunk["data"])
        assert len(parts[0]) <= 512 * 1024 * 4 // 3
        joined = pybase64.b64decode("".join(parts))
        assert joined == image.data
        assert (chunk["bytes"], chunk["mimeType"]) == (len(joined), "image/png")
        beyond = await client.call_tool("read_image", {"id": image_id, "chunk": count + 1})
        assert beyond.is_error


@pytest.mark.parametrize(("view", "side"), [("preview", 1024), ("thumb", 256)])
async def test_a_smaller_view_is_one_chunk(view: str, side: int, tmp_path: Path) -> None:
    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider(large_image(2))) as container,
        app_client(container) as client,
    ):
        facts = facts_of(await client.call_tool("generate_image", {"prompt": "noise"}))
        call = {"id": facts["images"][0]["id"], "view": view}
        chunk = facts_of(await client.call_tool("read_image", call))
    assert chunk["chunks"] == 1
    shown = Image(pybase64.b64decode(chunk["data"]))
    assert max(shown.dimensions.width, shown.dimensions.height) <= side
    assert (chunk["width"], chunk["height"]) == (shown.dimensions.width, shown.dimensions.height)


async def test_a_running_job_is_found_by_its_prompt_and_followed_by_a_cursor(
    tmp_path: Path,
) -> None:
    release = asyncio.Event()
    provider = FakeProvider(meanwhile=release.wait)
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        app_client(container) as client,
    ):
        nothing = facts_of(await client.call_tool("watch_job", {"prompt": "a boat"}))
        assert nothing == {"state": "none", "ended": False, "cursor": 0, "events": []}
        call = {"prompt": "a boat", "partialImages": 2}
        running = asyncio.create_task(client.call_tool("generate_image", call))
        seen = await watch(client, prompt="a boat")
        newest = seen["events"][-1]
        assert (newest["type"], newest["image"], newest["index"]) == ("PartialReady", 0, 1)
        assert Image(pybase64.b64decode(newest["data"])).dimensions.width == 2
        with_pixels = [each for each in seen["events"] if "data" in each]
        assert with_pixels == [newest], "it replaces the earlier ones of its image"
        later = facts_of(
            await client.call_tool(
                "watch_job", {"job": seen["jobId"], "cursor": seen["cursor"], "wait": 0}
            )
        )
        assert (later["events"], later["ended"]) == ([], False)
        release.set()
        facts = facts_of(await running)
        end = {"job": seen["jobId"], "cursor": seen["cursor"]}
        ended = facts_of(await client.call_tool("watch_job", end))
    assert seen["jobId"] == facts["jobId"]
    assert ended["ended"]
    assert ended["state"] == "stored"


async def watch(client: Client, **arguments: str) -> Mapping[str, Any]:
    """The first answer with the last partial image."""
    async with asyncio.timeout(10):
        while True:
            found = facts_of(await client.call_tool("watch_job", {**arguments, "wait": 2}))
            if any(each.get("index") == 1 for each in found["events"]):
                return found


async def test_a_failed_job_has_ended_and_get_image_has_its_error(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def fail() -> None:
        await release.wait()
        raise OutcomeUnknown("The connection broke.")

    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider(meanwhile=fail)) as container,
        app_client(container) as client,
    ):
        running = asyncio.create_task(client.call_tool("generate_image", {"prompt": "a boat"}))
        async with asyncio.timeout(10):
            while not (
                seen := facts_of(await client.call_tool("watch_job", {"prompt": "boat"}))
            ).get("jobId"):
                pass
        release.set()
        failed = await running
        ended = facts_of(await client.call_tool("watch_job", {"job": seen["jobId"]}))
        again = await client.call_tool("get_image", {"id": seen["jobId"]})
    assert failed.is_error
    assert (ended["ended"], ended["state"]) == (True, "unknown")
    assert again.is_error
    assert "The connection broke." in text_of(again)


async def test_unknown_jobs_and_images_are_errors_with_a_hint(tmp_path: Path) -> None:
    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider()) as container,
        app_client(container) as client,
    ):
        for tool, arguments in (
            ("watch_job", {"job": "job_" + "0" * 32}),
            ("watch_job", {"job": "<script>"}),
            ("read_image", {"id": "img_" + "0" * 32}),
            ("read_image", {"id": "../etc/passwd"}),
        ):
            result = await client.call_tool(tool, arguments)
            assert result.is_error, json.dumps(arguments)
            assert "[Error " in text_of(result)
