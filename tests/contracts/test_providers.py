"""Every provider, and every safeguard around one, keeps the provider's promises."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from functools import reduce

import pytest

from adapters.openai.provider import OpenAIImages
from adapters.pillow.inspector import PillowInspector
from adapters.sketch.provider import SketchProvider
from application.ports.image_provider import ImageProvider
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from application.safeguards.circuit_breaker import CircuitBreaker
from application.safeguards.concurrency_limit import ConcurrencyLimit
from application.safeguards.inspection import Inspection
from application.safeguards.retry import Retry
from domain.image_formats import Dimensions
from domain.money.budgets import BudgetLimits
from tests.architecture.checkout import ROOT
from tests.conftest import KEY
from tests.standin import StandIn
from tests.testkit.contracts.image_provider import ImageProviderContract
from tests.testkit.fakes import FrozenClock, InstantRetries, MemoryImageStore, MemoryUsageLedger

PLENTY = BudgetLimits(day_usd=Decimal(100), images_hour=1000, call_usd=Decimal(10))
Around = Callable[[ImageProvider], ImageProvider]
SAFEGUARDS: dict[str, Around] = {
    "retry": lambda inner: Retry(inner, InstantRetries()),
    "inspection": lambda inner: Inspection(inner, PillowInspector()),
    "archiving": lambda inner: Archiving(inner, MemoryImageStore()),
    "budget": lambda inner: Budget(inner, MemoryUsageLedger(), PLENTY, FrozenClock()),
    "circuit_breaker": CircuitBreaker,
    "concurrency_limit": lambda inner: ConcurrencyLimit(inner, 1, 10),
}
"""Each around its provider, the innermost first."""
AROUND: dict[str, Around] = {
    "nothing": lambda inner: inner,
    **SAFEGUARDS,
    "all": lambda inner: reduce(lambda so_far, around: around(so_far), SAFEGUARDS.values(), inner),
}


def test_no_safeguard_is_left_out() -> None:
    folder = ROOT / "application" / "safeguards"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "safeguard"}
    assert files == {*SAFEGUARDS}


@pytest.fixture
async def images(openai_api: StandIn, anyio_backend: str) -> AsyncIterator[OpenAIImages]:
    provider = OpenAIImages(api_key=KEY, base_url=openai_api.base_url, timeout=20)
    yield provider
    await provider.close()


@pytest.fixture(params=AROUND.values(), ids=[*AROUND])
def around(request: pytest.FixtureRequest) -> Around:
    chosen: Around = request.param
    return chosen


class TestOpenAIImages(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages, around: Around) -> ImageProvider:
        return around(images)


class TestSketches(ImageProviderContract):
    model = "sketch"
    size = Dimensions(64, 64)

    @pytest.fixture
    def provider(self, around: Around) -> ImageProvider:
        return around(SketchProvider())
