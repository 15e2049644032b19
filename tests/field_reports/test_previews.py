"""F26: previews that the server chooses itself are read by every host, also on llama.cpp."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import StandIn

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("options", "media_types"),
    [
        pytest.param(
            {"background": "transparent"}, {"image/png", "image/jpeg"}, id="F26 a cut-out"
        ),
        pytest.param({}, {"image/png", "image/jpeg"}, id="a photograph"),
        pytest.param({"n": 2}, {"image/png", "image/jpeg"}, id="two photographs"),
        pytest.param({"format": "webp"}, {"image/webp"}, id="WebP that was asked for"),
        pytest.param({"format": "avif"}, {"image/png", "image/jpeg"}, id="AVIF that was asked for"),
        pytest.param({"format": "jpeg"}, {"image/jpeg"}, id="JPEG that was asked for"),
    ],
)
async def test_a_result_over_mcp_has_an_image_that_every_host_reads(
    options: dict[str, Any], media_types: set[str], openai_api: StandIn, tmp_path: Path
) -> None:
    arguments = {"prompt": "a vase", **options}
    async with connect_in_memory(settings_for(openai_api, tmp_path)) as client:
        result = await client.call_tool("generate_image", arguments)
    assert not result.is_error, result.content
    images = [part for part in result.content if part.type == "image"]
    assert len(images) == options.get("n", 1)
    assert {part.mime_type for part in images} <= media_types
