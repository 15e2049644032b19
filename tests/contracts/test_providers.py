"""Every provider, and every safeguard around one, keeps the provider's promises."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from adapters.openai.provider import OpenAIImages
from adapters.pillow.inspector import PillowInspector
from adapters.sketch.provider import SketchProvider
from application.ports.image_provider import ImageProvider
from application.safeguards.archived import Archived
from application.safeguards.budgeted import Budgeted
from application.safeguards.inspected import Inspected
from application.safeguards.limited import Limited
from application.safeguards.retried import Retried
from application.safeguards.spared import Spared
from domain.budgets import Limits
from domain.formats import Dimensions
from entrypoints.parts.resting import SteadyBreaker
from tests.conftest import KEY
from tests.contracts.image_provider import ImageProviderContract
from tests.fakes import FrozenClock, MemoryArchive, MemoryLedger, PatientAttempts
from tests.standin import StandIn

PLENTY = Limits(day_usd=Decimal(100), images_hour=1000, call_usd=Decimal(10))
NOTHING = Limits(day_usd=Decimal(0), call_usd=Decimal(0))
"""Which is what sketches cost."""


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


class TestBudgetedAroundOpenAI(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages) -> ImageProvider:
        return Budgeted(images, MemoryLedger(), PLENTY, FrozenClock())


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
        archive = MemoryArchive()
        archived = Archived(Inspected(retried, PillowInspector()), archive)
        budgeted = Budgeted(archived, MemoryLedger(archive), NOTHING, FrozenClock())
        return Spared(Limited(budgeted, 48, 200), SteadyBreaker())


class TestBudgetedAroundSketches(ImageProviderContract):
    model = "sketch"
    size = Dimensions(64, 64)

    @pytest.fixture
    def provider(self) -> ImageProvider:
        return Budgeted(SketchProvider(), MemoryLedger(), NOTHING, FrozenClock())
