"""An image in the requested format, whatever the provider sent; the original is stored, too."""

import json
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult, ImageContent

from domain.image import Image
from tests.e2e.host import SERVER
from tests.e2e.transports import TRANSPORTS, connect_over, settings_for
from tests.standin import StandIn, faults

CALL = {"prompt": "a red bridge"}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def generate(
    transport: str, api: StandIn, folder: Path, *calls: dict[str, Any]
) -> list[CallToolResult]:
    async with connect_over(transport, settings_for(api, folder)) as client:
        return [await client.call_tool("generate_image", CALL | call) for call in calls]


def facts(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content, result
    image: dict[str, Any] = result.structured_content["images"][0]
    return image


def shown(result: CallToolResult) -> Image:
    (block,) = [block for block in result.content if isinstance(block, ImageContent)]
    image = Image(b64decode(block.data))
    assert block.mime_type == image.format.media_type
    return image


@pytest.mark.anyio
async def test_auto_returns_a_smaller_rendition_and_stores_the_original(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    (result,) = await generate(transport, openai_api, tmp_path, {"format": "auto"})
    (post,) = openai_api.posts
    assert "output_format" not in post.fields  # PNG is the default
    assert "output_compression" not in post.fields
    image = facts(result)
    rendition = image["rendition"]
    assert (image["format"], rendition["format"]) == ("png", "jpeg")
    assert Path(rendition["path"]).read_bytes() == shown(result).data
    original = Path(image["path"])
    assert original.stem == f"red-bridge-{image['id'][4:12]}"
    assert Path(rendition["path"]).stem == original.stem
    assert rendition["bytes"] < image["bytes"] / 2
    assert Image(Path(image["path"]).read_bytes()).id == image["id"]
    assert "% smaller" in result.content[0].text  # type: ignore[union-attr] # the first block is text
    assert image["shown"] == "full"


@pytest.mark.anyio
async def test_auto_and_png_share_one_call(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    calls = ({"format": "png"}, {"format": "auto"}, {"format": "auto", "output_compression": 10})
    plain, small, smaller = await generate(transport, openai_api, tmp_path, *calls)
    assert len(openai_api.posts) == 1
    assert "rendition" not in facts(plain)
    assert facts(smaller)["rendition"]["bytes"] < facts(small)["rendition"]["bytes"]
    assert facts(smaller)["rendition"]["path"] != facts(small)["rendition"]["path"]


@pytest.mark.anyio
async def test_auto_requests_webp_for_a_transparent_background(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    (result,) = await generate(
        transport, openai_api, tmp_path, {"format": "auto", "background": "transparent"}
    )
    assert openai_api.posts[0].fields["output_format"] == "webp"
    assert facts(result)["format"] == "webp"
    assert "rendition" not in facts(result)


@pytest.mark.anyio
async def test_a_format_that_the_provider_ignores_is_rendered_locally_and_charged_once(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.script(faults.other_format("png"))
    for result in await generate(transport, openai_api, tmp_path, *[{"format": "webp"}] * 2):
        assert facts(result)["notes"] == ["requested webp, the provider sent png"]
        assert shown(result).format == "webp"
    assert len(openai_api.posts) == 1


@pytest.mark.anyio
async def test_an_avif_is_made_here_of_the_png_that_a_call_for_png_shares(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    calls = ({"format": "png"}, {"format": "avif"}, {"format": "avif", "output_compression": 10})
    plain, small, smaller = await generate(transport, openai_api, tmp_path, *calls)
    (post,) = openai_api.posts
    assert "output_format" not in post.fields
    assert "output_compression" not in post.fields
    assert "rendition" not in facts(plain)
    for result in (small, smaller):
        rendition = facts(result)["rendition"]
        assert (facts(result)["format"], rendition["format"]) == ("png", "avif")
        made = Image(Path(rendition["path"]).read_bytes())
        assert (made.format.value, len(made.data)) == ("avif", rendition["bytes"])
        assert Path(rendition["path"]).suffix == ".avif"
        assert shown(result).format in ("png", "jpeg")
        assert facts(result)["shown"] == "preview"
    assert facts(smaller)["rendition"]["bytes"] < facts(small)["rendition"]["bytes"]


def test_the_command_line_prints_the_path_of_the_rendition(environment: dict[str, str]) -> None:
    command = [SERVER, "generate", "a lighthouse", "--format", "auto", "--json"]
    done = subprocess.run(
        command, env=environment | {"PROVIDER": "sketch"}, capture_output=True, check=True
    )
    (image,) = json.loads(done.stdout)["images"]
    rendition = image["rendition"]
    assert len(Path(rendition["path"]).read_bytes()) == rendition["bytes"] < image["bytes"]
