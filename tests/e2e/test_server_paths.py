"""A path is told only to clients of this machine: it is of no use to others, and says too much."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import connect_over_http
from tests.e2e.transports import settings_for
from tests.standin import StandIn

pytestmark = pytest.mark.anyio
TOKEN = "the token of the tests"
BEARER = {"authorization": f"Bearer {TOKEN}"}
REMOTE: dict[str, Mapping[str, Any]] = {
    "a token": {"auth_token": TOKEN},
    "a public URL": {"public_url": "https://images.example"},
    "a proxy": {"trusted_proxies": ("127.0.0.1",)},
}
"""Settings with which other machines may call."""
CALL = {"prompt": "a red bridge", "format": "webp", "size": "1024x1024"}
"""What the stand-in sends as PNG, so the result has a rendition with a path of its own."""


async def everything_told(url: str) -> str:
    """All that a client is told about its images, over every route and tool."""
    told = []
    async with httpx2.AsyncClient(headers=BEARER, base_url=url, timeout=30) as http:
        created = (await http.post("/images", json=CALL)).json()
        job = f"/jobs/{created['jobId']}"
        told += [json.dumps(created), (await http.post("/mcp/stream", json=CALL)).text]
        for route in ("/images", job, f"{job}/events", "/jobs?recent=true"):
            told.append((await http.get(route)).text)
    async with connect_over_http(url, headers=BEARER) as client:
        image_id = created["images"][0]["id"]
        for tool, arguments in (
            ("generate_image", CALL),
            ("get_image", {"id": image_id, "format": "webp"}),
            ("list_images", {}),
            ("delete_image", {"id": image_id}),
        ):
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            told.append(result.model_dump_json())
    assert all(image_id in each for each in told if "img_" in each)
    return "\n".join(told)


@pytest.mark.parametrize("case", REMOTE)
async def test_a_client_that_may_be_on_another_machine_is_told_urls_and_no_paths(
    case: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path, **REMOTE[case])) as url:
        told = await everything_told(url)
    assert str(tmp_path) not in told
    assert '"path"' not in told
    assert "not stored" not in told
    assert "/images/img_" in told


async def test_a_client_of_this_machine_is_told_paths_and_urls(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        told = await everything_told(url)
    assert str(tmp_path / "images") in told
    assert "/images/img_" in told
