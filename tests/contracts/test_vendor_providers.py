"""Azure OpenAI and compatible servers fulfill the provider's contract, in every safeguard."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.openai.vendors.azure import AzureImages, azure_connection
from adapters.openai.vendors.compatible import CompatibleImages, compatible_connection
from application.ports.image_provider import ImageProvider
from tests.conftest import KEY
from tests.contracts.test_providers import AROUND, NOWHERE, Around
from tests.standin import Quirks, StandIn
from tests.testkit.contracts.image_provider import ImageProviderContract


@pytest.fixture(params=AROUND.values(), ids=[*AROUND])
def around(request: pytest.FixtureRequest) -> Around:
    chosen: Around = request.param
    return chosen


OWN_PRICES = """
[prices.current]
text_in = "6"
image_in = "9"
out = "33"
as_of = 2026-11-28
"""
"""Of an operator: other vendors than OpenAI have no price otherwise, and no budget allows that."""


@pytest.fixture
def models_file(tmp_path: Path) -> Path:
    file = tmp_path / "models.toml"
    file.write_text(OWN_PRICES)
    return file


def azure_images(resource: str, models_file: Path) -> AzureImages:
    connection = azure_connection(
        resource=resource, api_key=KEY, api_version="2025-04-01-preview", timeout=20, deadline=30
    )
    deployments = {"gpt-image-2.6-flare": "my-flare"}
    return AzureImages(connection, deployments=deployments, models_file=models_file)


@pytest.fixture
async def azure(
    openai_api: StandIn, models_file: Path, anyio_backend: str
) -> AsyncIterator[AzureImages]:
    provider = azure_images(openai_api.azure_url, models_file)
    yield provider
    await provider.close()


@pytest.fixture
async def unreachable_azure(models_file: Path, anyio_backend: str) -> AsyncIterator[AzureImages]:
    provider = azure_images(NOWHERE, models_file)
    yield provider
    await provider.close()


class TestAzureImages(ImageProviderContract):
    @pytest.fixture
    def provider(self, azure: AzureImages, around: Around) -> ImageProvider:
        return around(azure)

    @pytest.fixture
    def unreachable(self, unreachable_azure: AzureImages, around: Around) -> ImageProvider:
        return around(unreachable_azure)


def local_images(base_url: str, models_file: Path) -> CompatibleImages:
    connection = compatible_connection(base_url=base_url, api_key=None, timeout=20, deadline=30)
    model = "gpt-image-2.6-flare"
    return CompatibleImages(connection, name="local", model=model, models_file=models_file)


@pytest.fixture
def local_server() -> Iterator[StandIn]:
    with StandIn(quirks=Quirks(keyless=True, image_field="image")) as server:
        yield server


@pytest.fixture
async def local(
    local_server: StandIn, models_file: Path, anyio_backend: str
) -> AsyncIterator[CompatibleImages]:
    provider = local_images(local_server.base_url, models_file)
    yield provider
    await provider.close()


@pytest.fixture
async def unreachable_local(
    models_file: Path, anyio_backend: str
) -> AsyncIterator[CompatibleImages]:
    provider = local_images(NOWHERE, models_file)
    yield provider
    await provider.close()


class TestCompatibleImages(ImageProviderContract):
    @pytest.fixture
    def provider(self, local: CompatibleImages, around: Around) -> ImageProvider:
        return around(local)

    @pytest.fixture
    def unreachable(self, unreachable_local: CompatibleImages, around: Around) -> ImageProvider:
        return around(unreachable_local)
