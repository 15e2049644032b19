"""Every provider, and every safeguard around one, keeps the provider's promises."""

from collections.abc import AsyncIterator

import pytest

from adapters.openai.provider import OpenAIImages
from adapters.pillow.inspector import PillowInspector
from adapters.sketch.provider import SketchProvider
from application.ports.image_provider import ImageProvider
from application.safeguards.archived import Archived
from application.safeguards.inspected import Inspected
from application.safeguards.limited import Limited
from application.safeguards.retried import Retried
from application.safeguards.spared import Spared
from domain.formats import Dimensions
from entrypoints.parts.resting import SteadyBreaker
from tests.conftest import KEY
from tests.contracts.image_provider import ImageProviderContract
from tests.fakes import MemoryArchive, PatientAttempts
from tests.standin import StandIn


@pytest.fixture
async def images(openai_api: StandIn, anyio_backend: str) -> AsyncIterator[OpenAIImages]:
    provider = OpenAIImages(api_key=KEY, base_url=openai_api.base_url, timeout=20)
    yield provider
    await provider.close()


class TestOpenAIImages(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return images


class TestRetriedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Retried(images, PatientAttempts())


class TestInspectedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Inspected(images, PillowInspector())


class TestArchivedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Archived(images, MemoryArchive())


class TestLimitedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Limited(images, 1, 10)


class TestSparedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Spared(images, SteadyBreaker())


class TestSketches(ImageProviderContract):
    model = "sketch"
    size = Dimensions(64, 64)

    @pytest.fixture
    def provider(self) -> ImageProvider:
        return SketchProvider()


class TestAllSafeguardsAroundSketches(ImageProviderContract):
    model = "sketch"
    size = Dimensions(64, 64)

    @pytest.fixture
    def provider(self) -> ImageProvider:
        retried = Retried(SketchProvider(), PatientAttempts())
        archived = Archived(Inspected(retried, PillowInspector()), MemoryArchive())
        return Spared(Limited(archived, 48, 200), SteadyBreaker())
