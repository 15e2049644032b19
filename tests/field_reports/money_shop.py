"""An installation whose provider uses as many tokens as a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.openai.catalog import openai_catalog
from application.ports.image_provider import ProviderStream
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.prices import TokenPricing
from domain.requests import EditRequest, GenerateRequest, ImageRequest, Quality
from domain.results import Usage
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    settings_in,
    small_image,
)

PER_MILLION = 1_000_000
COLORS = [small_image(color) for color in ("red", "green", "blue", "teal")]
UNTOLD = ModelCard(
    name="gateway-1",
    pricing=TokenPricing(
        text_in=Decimal(5), image_in=Decimal(8), out=Decimal(30), as_of=date(2026, 11, 1)
    ),
)
"""A model with a price and no token estimates: its cost is unknown in advance."""


class MeteredProvider(FakeProvider):
    """OpenAI's models, whose calls use as many tokens as the test says: `out` for an image.

    With `delivers`, a call delivers that many images, whatever was requested.
    """

    name = "openai"
    catalog: Catalog = replace(openai_catalog(), cards=(*openai_catalog().cards, UNTOLD))

    def __init__(self) -> None:
        super().__init__()
        self.out = 200
        self.per_input = 100
        self.delivers: int | None = None

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        number = self.delivers or job.request.n
        inputs = len(job.request.images) if isinstance(job.request, EditRequest) else 0
        self.images = tuple(COLORS[:number])
        self.usage = Usage(
            text_tokens_in=10,
            image_tokens_in=number * inputs * self.per_input,
            tokens_out=number * (self.out + 100 * job.request.partial_images),
        )
        async for event in super()._deliver(job):
            yield event


class Shop:
    """One installation: its provider, its clock, and the calls made with it."""

    def __init__(self, container: Container, provider: MeteredProvider, clock: FrozenClock) -> None:
        self.container = container
        self.provider = provider
        self.clock = clock

    async def call(self, request: ImageRequest) -> Decimal | None:
        """Make a call; return its estimate."""
        cases = self.container
        if isinstance(request, EditRequest):
            handle = await cases.edit_image()(request, fresh=True)
        else:
            assert isinstance(request, GenerateRequest)
            handle = await cases.generate_image()(request, fresh=True)
        await handle.result()
        self.clock.time += timedelta(seconds=1)
        return (await cases.get_job()(handle.job.id)).estimate

    async def estimate(self, request: ImageRequest) -> Decimal:
        """The estimate of a call, which is then made."""
        known = await self.call(request)
        assert known is not None
        return known


@asynccontextmanager
async def shop(folder: Path, **settings: Any) -> AsyncIterator[Shop]:  # noqa: ANN401 - fields of Settings
    provider, clock = MeteredProvider(), FrozenClock()
    async with run_application(
        settings_in(folder, **settings), provider=provider, clock=clock
    ) as container:
        yield Shop(container, provider, clock)


FOX = GenerateRequest(prompt="a fox in the snow", quality=Quality.LOW)


def edit(number: int, **options: Any) -> EditRequest:  # noqa: ANN401 - fields of EditRequest
    images = tuple(small_image("red", size=(8 + at, 8)) for at in range(number))
    return EditRequest(prompt="make it winter", quality=Quality.LOW, images=images, **options)


def usd(tokens: float) -> Decimal:
    """The price of so many output tokens."""
    return Decimal(tokens) * 30 / PER_MILLION
