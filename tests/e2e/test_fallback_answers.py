"""A fallback that served a request is told at every entry point."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from entrypoints.config.settings import Settings
from tests.conftest import KEY
from tests.e2e.loopback_server import serve
from tests.e2e.transports import connect_in_memory
from tests.standin import Quirks, StandIn
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
NOWHERE = "http://127.0.0.1:1/v1"
TOLD = "openai was asked first, and charged nothing: "
CALL = {"prompt": "a hen", "fallback": "local/gpt-image-2"}


@pytest.fixture
def local() -> Iterator[StandIn]:
    with StandIn(quirks=Quirks(keyless=True)) as server:
        yield server


@pytest.fixture
def settings(local: StandIn, tmp_path: Path) -> Settings:
    """OpenAI cannot be reached, and a local server can."""
    return settings_in(
        tmp_path,
        provider="openai",
        openai_api_key=KEY,
        openai_base_url=NOWHERE,
        openai_compatible_urls=f"local={local.base_url}",
    )


@pytest.mark.parametrize("path", ["/images", "/v1/images/generations"])
async def test_over_http(path: str, settings: Settings, local: StandIn) -> None:
    async with serve(settings) as url, httpx2.AsyncClient(base_url=url, timeout=30) as client:
        reply = await client.post(path, json=CALL)
        alone = await client.post(path, json={"prompt": "a duck"})
    assert reply.is_success
    told = reply.headers["x-notes"] if "v1" in path else reply.json()["notes"][0]
    assert told.startswith(TOLD)
    assert "local/gpt-image-2 served the request" in told
    assert alone.status_code == 502  # it named no fallback
    assert [post.fields["prompt"] for post in local.posts] == ["a hen"]


async def test_over_mcp(settings: Settings, local: StandIn) -> None:
    async with connect_in_memory(settings) as client:
        result = await client.call_tool("generate_image", CALL)
        alone = await client.call_tool("generate_image", {"prompt": "a duck"})
    texts = [getattr(part, "text", "") for part in result.content]
    assert any(TOLD in text for text in texts)
    assert (result.is_error, alone.is_error) == (False, True)
    assert [post.fields["prompt"] for post in local.posts] == ["a hen"]
