"""The tools and the resource of the viewer, for clients that show MCP Apps and for all others."""

import json
import re
from io import BytesIO
from pathlib import Path

import httpx2
import PIL.Image
import pybase64
import pytest
from mcp import Client, MCPError
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextResourceContents

from domain.image import Image
from domain.requests import EditRequest
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.frontend.assets import read_asset
from entrypoints.mcp.app_clients import APP_TYPE, EXTENSION, VIEWER_URI
from tests.e2e.app.app_clients import APP_ONLY, SHOWN, app_client, ui_of
from tests.e2e.every_tool import client_of, facts_of, text_of
from tests.e2e.loopback_server import serve
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
            ("read_image", {"id": "last", "chunk": 0}),
            ("watch_job", {"cursor": -1}),
        ):
            result = await client.call_tool(tool, arguments)
            assert result.is_error, json.dumps(arguments)
            assert "[Error " in text_of(result)
            assert "[Error internal" not in text_of(result)


@pytest.mark.parametrize("mode", ERAS)
async def test_the_viewer_works_over_http_too(mode: str, tmp_path: Path) -> None:
    image = large_image(3)
    async with (
        serve(settings_in(tmp_path), provider=FakeProvider(image)) as url,
        httpx2.AsyncClient(timeout=None) as http,
    ):
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        declared = [advertise(EXTENSION, {"mimeTypes": [APP_TYPE]})]
        async with Client(transport, mode=mode, extensions=declared) as client:
            assert await names(client) >= APP_ONLY
            (contents,) = (await client.read_resource(VIEWER_URI)).contents
            assert contents.mime_type == APP_TYPE
            facts = facts_of(await client.call_tool("generate_image", {"prompt": "noise"}))
            call = {"id": facts["images"][0]["id"]}
            chunk = facts_of(await client.call_tool("read_image", call))
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            assert not APP_ONLY & await names(client)
    assert pybase64.b64decode(chunk["data"]) == image.data[: 512 * 1024 // 3072 * 3072]


async def test_a_mask_of_the_viewer_gets_an_id_for_edits(tmp_path: Path) -> None:
    image = large_image(4)
    mask = PIL.Image.new("RGBA", (1024, 1024), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (100, 200, 300, 400))
    png = BytesIO()
    mask.save(png, "PNG")
    data = pybase64.b64encode_as_string(png.getvalue())
    provider = FakeProvider(image)
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        app_client(container) as client,
    ):
        facts = facts_of(await client.call_tool("generate_image", {"prompt": "noise"}))
        image_id = facts["images"][0]["id"]
        stored = facts_of(await client.call_tool("save_mask", {"image": image_id, "data": data}))
        edit = {"prompt": "red", "images": [image_id], "mask": stored["maskId"]}
        assert not (await client.call_tool("edit_image", edit)).is_error
        refused = await client.call_tool("save_mask", {"image": image_id, "data": "AAAA"})
    assert stored["maskId"].startswith("mask_")
    assert refused.is_error
    request = provider.seen[-1].request
    assert isinstance(request, EditRequest)
    assert request.mask is not None
    alpha = PIL.Image.open(BytesIO(request.mask.data)).getchannel("A")
    assert alpha.histogram()[0] == 200 * 200
