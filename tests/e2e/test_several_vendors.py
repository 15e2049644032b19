"""OpenAI, Azure and a local server at once: each serves its own models, and errors name who can."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from application.ports.clock import SystemClock
from domain.errors import ChargeStatus
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest, GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.conftest import KEY
from tests.standin import Quirks, StandIn
from tests.testkit.fakes import settings_in, small_image

TEAL = small_image("teal", (64, 64))
pytestmark = pytest.mark.anyio


@pytest.fixture
def local() -> Iterator[StandIn]:
    with StandIn(quirks=Quirks(keyless=True, no_edits=404)) as server:
        yield server


@pytest.fixture
async def container(
    openai_api: StandIn, local: StandIn, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Container]:
    settings = settings_in(
        tmp_path,
        provider="auto",
        openai_api_key=KEY,
        openai_base_url=openai_api.base_url,
        azure_openai_endpoint=openai_api.azure_url,
        azure_openai_api_key=f"{KEY}-azure",
        azure_openai_deployments="gpt-image-2=studio",
        openai_compatible_urls=f"local={local.base_url}",
        openai_compatible_models="local=Qwen/Qwen-Image",
    )
    async with run_application(settings, clock=SystemClock()) as container:
        yield container


async def test_each_name_reaches_its_vendor(
    container: Container, openai_api: StandIn, local: StandIn
) -> None:
    results = []
    for model in ("gpt-image-2", "azure/gpt-image-2", "local/Qwen/Qwen-Image", "Qwen/Qwen-Image"):
        handle = await container.generate_image()(
            GenerateRequest(prompt="a hill", model=model), fresh=True
        )
        results.append(await handle.result())
    assert [result.provider for result in results] == ["openai", "azure", "local", "local"]
    assert [result.model for result in results[1:3]] == ["gpt-image-2", "Qwen/Qwen-Image"]
    known = [result.generation_cost is not None for result in results]
    assert known == [True, False, False, False]
    first, second = openai_api.posts
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert (second.path, second.headers["api-key"]) == (
        "/openai/deployments/studio/images/generations",
        f"{KEY}-azure",
    )
    assert [post.fields["model"] for post in local.posts] == ["Qwen/Qwen-Image"] * 2


async def test_a_server_without_edits_names_a_model_that_edits(container: Container) -> None:
    request = EditRequest(prompt="a lake", model="local/Qwen/Qwen-Image", images=(TEAL,))
    handle = await container.edit_image()(request)
    with pytest.raises(RequestRefused, match="cannot edit images") as raised:
        await handle.result()
    assert raised.value.hint == "Use gpt-image-2.6-flare instead, or generate an image."
    assert raised.value.charged is ChargeStatus.NO
