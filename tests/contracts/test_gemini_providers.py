"""Both ways of the Gemini provider, and every safeguard around them, fulfill the contracts."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from adapters.gemini.provider import GeminiImages
from application.ports.image_provider import ImageProvider
from tests.contracts.test_providers import AROUND, NOWHERE, Around
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.testkit.contracts.image_provider import ImageProviderContract
from tests.testkit.contracts.resumable_provider import ResumableProviderContract
from tests.unit.gemini_help import gemini_at


@pytest.fixture(scope="module")
def gemini_api() -> Iterator[GeminiStandIn]:
    with GeminiStandIn() as api:
        yield api


@pytest.fixture(params=AROUND.values(), ids=[*AROUND])
def around(request: pytest.FixtureRequest) -> Around:
    chosen: Around = request.param
    return chosen


@pytest.fixture
async def exits(anyio_backend: str) -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def stored(gemini_api: GeminiStandIn, exits: AsyncExitStack) -> GeminiImages:
    return await exits.enter_async_context(gemini_at(gemini_api.base_url))


@pytest.fixture
async def unstored(gemini_api: GeminiStandIn, exits: AsyncExitStack) -> GeminiImages:
    return await exits.enter_async_context(gemini_at(gemini_api.base_url, store=False))


@pytest.fixture
async def nowhere(exits: AsyncExitStack) -> GeminiImages:
    return await exits.enter_async_context(gemini_at(NOWHERE))


class TestGemini(ImageProviderContract):
    @pytest.fixture
    def provider(self, stored: GeminiImages, around: Around) -> ImageProvider:
        return around(stored)

    @pytest.fixture
    def unreachable(self, nowhere: GeminiImages, around: Around) -> ImageProvider:
        return around(nowhere)


class TestGeminiWithoutPreviews(ImageProviderContract):
    """The model that does not think unless told to."""

    model = "gemini-3.1-flash-lite-image"

    @pytest.fixture
    def provider(self, stored: GeminiImages) -> ImageProvider:
        return stored

    @pytest.fixture
    def unreachable(self, nowhere: GeminiImages) -> ImageProvider:
        return nowhere


class TestUnstoredGemini(ImageProviderContract):
    @pytest.fixture
    def provider(self, unstored: GeminiImages, around: Around) -> ImageProvider:
        return around(unstored)


class Interactions:
    """The stand-in as the suite controls it."""

    unknown_handle = "v1_standin_0"

    def __init__(self, api: GeminiStandIn) -> None:
        self._api = api

    def charges(self) -> int:
        return len(self._api.ledger)

    def refuse_next(self) -> None:
        self._api.script(GeminiFault(outcome="blocked"))

    def forget(self) -> None:
        self._api.forget_interactions()


class TestGeminiResumes(ResumableProviderContract):
    unknown_handle = "v1_standin_0"

    @pytest.fixture
    def provider(self, stored: GeminiImages) -> ImageProvider:
        return stored

    @pytest.fixture
    async def restarted(self, gemini_api: GeminiStandIn, exits: AsyncExitStack) -> ImageProvider:
        return await exits.enter_async_context(gemini_at(gemini_api.base_url))

    @pytest.fixture
    def service(self, gemini_api: GeminiStandIn) -> Interactions:
        return Interactions(gemini_api)
