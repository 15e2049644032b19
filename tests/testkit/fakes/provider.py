"""A provider that a test controls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from application.ports.image_provider import Accepted, Delivered, PartialImage, ProviderStream
from domain.image import Image
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.prices import PaidCall
from domain.provider_errors import ProviderError, WorkLost
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ResultImage, Usage

from .samples import PNG, small_image


@dataclass(frozen=True, slots=True)
class FixedPricing:
    """A Pricing: every call costs this many US dollars."""

    usd: Decimal

    def cost(self, _usage: Usage | None, _call: PaidCall | None = None, /) -> Decimal:
        return self.usd

    def estimate(self, _request: ImageRequest, /) -> Decimal:
        return self.usd


class FakeProvider:
    """An ImageProvider that delivers the images it was given, or raises the errors it was given.

    `seen` has every job that it served. `meanwhile` is awaited before it delivers, so a test
    decides how long that takes. `fails` are raised first, one in each call. `undecodable` is
    delivered beside the images. With a `handle` it yields Accepted first. Each call costs `cost` US
    dollars; None for an unknown cost.

    A result is cached only if the request asks for the size of its images, as in
    `size=PNG.dimensions`: an image of another size has a note, and is not cached.
    """

    name = "fake"
    endpoint = "nowhere"
    catalog = Catalog(cards=(ModelCard(name="fake-1", streams_several=True),), default="fake-1")

    def __init__(
        self,
        *images: Image,
        fails: Sequence[ProviderError] = (),
        meanwhile: Callable[[], Any] | None = None,
        usage: Usage | None = None,
        undecodable: tuple[bytes, ...] = (),
        handle: str | None = None,
        cost: Decimal | None = None,
    ) -> None:
        if cost is not None:
            priced = (replace(card, pricing=FixedPricing(cost)) for card in self.catalog.cards)
            self.catalog = replace(self.catalog, cards=tuple(priced))
        self.images = images or (PNG,)
        self.fails = list(fails)
        self.meanwhile = meanwhile
        self.usage = usage
        self.undecodable = undecodable
        self.handle = handle
        self.seen: list[Job[ImageRequest]] = []

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._deliver(job)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._deliver(job)

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        self.seen.append(job)
        if self.handle is not None:
            yield Accepted(handle=self.handle)
        if self.fails:
            raise self.fails.pop(0)
        for index in range(job.request.partial_images):
            yield PartialImage(image=small_image("gray", size=(index + 1, 1)), index=index)
        if self.meanwhile is not None:
            await self.meanwhile()
        yield Delivered(
            images=tuple(ResultImage(image=image) for image in self.images),
            usage=self.usage,
            undecodable=self.undecodable,
        )


class FakeResumableProvider(FakeProvider):
    """A FakeProvider that names its work `work_1`, `work_2`, … and can resume it.

    `accepted` has the request of each, and outlives an instance if it is shared. `breaks` are
    raised by the next calls, right after Accepted, and `resume_fails` by the next resumptions.
    """

    def __init__(
        self,
        *images: Image,
        accepted: dict[str, ImageRequest] | None = None,
        breaks: Sequence[ProviderError] = (),
        resume_fails: Sequence[ProviderError] = (),
        **more: Any,  # noqa: ANN401 - arguments of FakeProvider
    ) -> None:
        super().__init__(*images, **more)
        self.accepted: dict[str, ImageRequest] = {} if accepted is None else accepted
        self.breaks, self.resume_fails = list(breaks), list(resume_fails)
        self.resumed: list[str] = []

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        handle = f"work_{len(self.accepted) + 1}"
        self.accepted[handle] = job.request
        yield Accepted(handle=handle)
        if self.breaks:
            raise self.breaks.pop(0)
        async for event in super()._deliver(job):
            yield event

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        self.resumed.append(handle)
        if handle not in self.accepted:
            raise WorkLost(f"{handle} is not known.")
        if self.resume_fails:
            raise self.resume_fails.pop(0)
        async for event in super()._deliver(job):
            yield event
