"""Every provider, and every safeguard around one, fulfills the provider's contract."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.connection import Connection
from adapters.openai.provider import OpenAIImages
from adapters.openai.responses.prices import responses_catalog
from adapters.openai.responses.provider import OpenAIResponses
from adapters.pillow.inspector import PillowInspector
from adapters.sketch.provider import SketchProvider
from application.cost_estimates import CostEstimates
from application.ports.image_provider import Delivered, ImageProvider, ProviderStream
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from application.safeguards.circuit_breaker import CircuitBreaker
from application.safeguards.concurrency_limit import ConcurrencyLimit
from application.safeguards.fan_out import FanOut
from application.safeguards.inspection import Inspection
from application.safeguards.redaction import Redaction
from application.safeguards.resumption import Resumption
from application.safeguards.retry import Retry
from domain.image_formats import PROVIDER_FORMATS, Dimensions, ImageFormat
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.budgets import BudgetLimits
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest, GenerateRequest
from domain.results import ResultImage
from tests.architecture.checkout import ROOT
from tests.conftest import KEY
from tests.standin import StandIn
from tests.testkit.contracts.image_provider import ImageProviderContract, requests_for
from tests.testkit.fakes import (
    FrozenClock,
    InstantRetries,
    MemoryImageStore,
    MemoryJobRepository,
    MemoryUsageLedger,
    small_image,
)

NOWHERE = "http://127.0.0.1:1"
PLENTY = BudgetLimits(day_usd=Decimal(100), images_hour=1000, call_usd=Decimal(10))
ESTIMATES = CostEstimates(MemoryUsageLedger(), FrozenClock())
Around = Callable[[ImageProvider], ImageProvider]
SAFEGUARDS: dict[str, Around] = {
    "retry": lambda inner: Retry(inner, InstantRetries()),
    "resumption": lambda inner: Resumption(inner, InstantRetries()),
    "fan_out": FanOut,
    "inspection": lambda inner: Inspection(inner, PillowInspector()),
    "redaction": lambda inner: Redaction(inner, [KEY]),
    "archiving": lambda inner: Archiving(inner, MemoryImageStore(), MemoryJobRepository()),
    "budget": lambda inner: Budget(inner, MemoryJobRepository(), ESTIMATES, PLENTY, FrozenClock()),
    "circuit_breaker": CircuitBreaker,
    "concurrency_limit": lambda inner: ConcurrencyLimit(inner, 1, 10),
}
"""Each one around its provider, starting with the innermost."""
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
    provider = OpenAIImages(connection_to(openai_api.base_url))
    yield provider
    await provider.close()


@pytest.fixture
async def unreachable_images(anyio_backend: str) -> AsyncIterator[OpenAIImages]:
    provider = OpenAIImages(connection_to(NOWHERE))
    yield provider
    await provider.close()


def connection_to(base_url: str) -> Connection:
    return Connection(api_key=KEY, base_url=base_url, timeout=20, deadline=30)


@pytest.fixture(params=AROUND.values(), ids=[*AROUND])
def around(request: pytest.FixtureRequest) -> Around:
    chosen: Around = request.param
    return chosen


class TestOpenAIImages(ImageProviderContract):
    @pytest.fixture
    def provider(self, images: OpenAIImages, around: Around) -> ImageProvider:
        return around(images)

    @pytest.fixture
    def unreachable(self, unreachable_images: OpenAIImages, around: Around) -> ImageProvider:
        return around(unreachable_images)


@pytest.fixture
async def responses(openai_api: StandIn, anyio_backend: str) -> AsyncIterator[OpenAIResponses]:
    provider = OpenAIResponses(connection_to(openai_api.base_url), mainline="gpt-6-luna")
    yield provider
    await provider.close()


@pytest.fixture
async def unreachable_responses(anyio_backend: str) -> AsyncIterator[OpenAIResponses]:
    provider = OpenAIResponses(connection_to(NOWHERE), mainline="gpt-6-luna")
    yield provider
    await provider.close()


class TestOpenAIResponses(ImageProviderContract):
    @pytest.fixture
    def provider(self, responses: OpenAIResponses, around: Around) -> ImageProvider:
        return around(responses)

    @pytest.fixture
    def unreachable(self, unreachable_responses: OpenAIResponses, around: Around) -> ImageProvider:
        return around(unreachable_responses)


class TestSketches(ImageProviderContract):
    size = Dimensions(64, 64)

    @pytest.fixture
    def provider(self, around: Around) -> ImageProvider:
        return around(SketchProvider())


@pytest.mark.parametrize("catalog", [openai_catalog(), SketchProvider().catalog])
def test_the_default_model_promises_all_that_the_suite_tests(catalog: Catalog) -> None:
    card = catalog.choose(None, FrozenClock().now().date()).card
    assert card.formats == {*PROVIDER_FORMATS}
    assert card.streams
    assert card.max_images >= 3
    assert card.max_input_images > 0


def test_the_image_tool_promises_all_but_several_images() -> None:
    catalog = responses_catalog("gpt-6-luna")
    card = catalog.choose(None, FrozenClock().now().date()).card
    assert card.formats == {*PROVIDER_FORMATS}
    assert (card.streams, card.max_images) == (True, 1)
    assert card.max_input_images > 0


class PlainProvider:
    """Generates one PNG per call, without edits or previews."""

    name = "plain"
    endpoint = ""

    def __init__(self, **claims: Any) -> None:  # noqa: ANN401 - fields of ModelCard
        formats = frozenset({ImageFormat.PNG})
        can: dict[str, Any] = {
            "formats": formats,
            "streams": False,
            "max_images": 1,
            "max_input_images": 0,
        }
        card = ModelCard(name="plain-1", **(can | claims))
        self.catalog = Catalog(cards=(card,), default="plain-1")

    async def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        assert job.request.size is not None
        sides = (job.request.size.width, job.request.size.height)
        yield Delivered(images=(ResultImage(image=small_image(size=sides)),))

    async def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        raise RequestRefused(f"{job.request.model} cannot edit images.")
        yield  # type: ignore[unreachable] # makes this function a generator, as the port requires


class TestPlainProvider(ImageProviderContract):
    """A provider with few features fulfills the contract of its card."""

    @pytest.fixture
    def provider(self) -> ImageProvider:
        return PlainProvider()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("claims", "test"),
    [
        (
            {"formats": frozenset(PROVIDER_FORMATS)},
            "the_image_has_the_size_and_format_of_the_request",
        ),
        ({"streams": True}, "partial_images_come_first_and_differ_from_the_last_image"),
        ({"max_images": 2}, "it_generates_as_many_images_as_requested"),
        ({"max_input_images": 1}, "it_delivers_once_and_last"),
    ],
)
async def test_a_card_that_claims_too_much_fails_the_suite(
    claims: dict[str, object], test: str
) -> None:
    suite, provider = ImageProviderContract(), PlainProvider(**claims)
    card = provider.catalog.cards[0]
    with pytest.raises((AssertionError, ValueError, RequestRefused)):
        await getattr(suite, f"test_{test}")(provider, card, requests_for(card))


class LeakyProvider(PlainProvider):
    """Raises the error of its transport."""

    async def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        raise ConnectionRefusedError
        yield  # type: ignore[unreachable] # makes this function a generator, as the port requires


@pytest.mark.anyio
async def test_an_error_of_the_transport_fails_the_suite() -> None:
    suite, provider = ImageProviderContract(), LeakyProvider()
    card = provider.catalog.cards[0]
    with pytest.raises(ConnectionRefusedError):
        await suite.test_a_service_that_cannot_be_reached_is_a_provider_error(
            provider, card, requests_for(card)
        )


class CarelessProvider(PlainProvider):
    """Generates an image where it was to edit one."""

    async def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        yield Delivered(images=(ResultImage(image=job.request.images[0]),))


@pytest.mark.anyio
async def test_an_edit_by_a_provider_that_cannot_edit_fails_the_suite() -> None:
    suite, provider = ImageProviderContract(), CarelessProvider()
    card = provider.catalog.cards[0]
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await suite.test_an_edit_that_its_card_does_not_allow_is_a_provider_error(
            provider, card, requests_for(card)
        )
