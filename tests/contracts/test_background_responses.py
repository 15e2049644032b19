"""The provider for the Responses API fulfills both contracts when it works in the background."""

from collections.abc import AsyncIterator

import pytest

from adapters.openai.responses.provider import OpenAIResponses
from application.ports.image_provider import ImageProvider
from tests.contracts.test_providers import NOWHERE, Around, around, connection_to
from tests.standin import StandIn, faults, response_faults
from tests.testkit.contracts.image_provider import ImageProviderContract
from tests.testkit.contracts.resumable_provider import ResumableProviderContract
from tests.unit.responses_help import FAST

__all__ = ["around"]

GENERATING = 0.3
"""Seconds of a generation in the background."""


async def background_at(base_url: str) -> AsyncIterator[OpenAIResponses]:
    connection = connection_to(base_url)
    provider = OpenAIResponses(connection, mainline="gpt-6-luna", background=True, pace=FAST)
    yield provider
    await provider.close()


@pytest.fixture
async def in_background(openai_api: StandIn, anyio_backend: str) -> AsyncIterator[OpenAIResponses]:
    openai_api.default = faults.slow(GENERATING)
    async for provider in background_at(openai_api.base_url):
        yield provider


@pytest.fixture
async def restarted_background(
    openai_api: StandIn, anyio_backend: str
) -> AsyncIterator[OpenAIResponses]:
    async for provider in background_at(openai_api.base_url):
        yield provider


@pytest.fixture
async def unreachable_background(anyio_backend: str) -> AsyncIterator[OpenAIResponses]:
    async for provider in background_at(NOWHERE):
        yield provider


class StoredResponses:
    """The stand-in as the service of the suite."""

    def __init__(self, api: StandIn) -> None:
        self.api = api

    def charges(self) -> int:
        return len(self.api.ledger)

    def refuse_next(self) -> None:
        self.api.script(response_faults.call_moderated())

    def forget(self) -> None:
        self.api.forget_responses()


class TestBackgroundResponses(ImageProviderContract, ResumableProviderContract):
    unknown_handle = "resp_never_given"

    @pytest.fixture
    def provider(self, in_background: OpenAIResponses, around: Around) -> ImageProvider:
        return around(in_background)

    @pytest.fixture
    def unreachable(self, unreachable_background: OpenAIResponses, around: Around) -> ImageProvider:
        return around(unreachable_background)

    @pytest.fixture
    def restarted(self, restarted_background: OpenAIResponses, around: Around) -> ImageProvider:
        return around(restarted_background)

    @pytest.fixture
    def service(self, openai_api: StandIn) -> StoredResponses:
        return StoredResponses(openai_api)
