"""What every ImageProvider promises. A new one inherits this suite."""

from contextlib import aclosing
from typing import Any

import pytest

from application.ports.image_provider import (
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from domain.events import JobDispatched
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from tests.testkit.fakes import job_for, mask, picture


@pytest.mark.anyio
class ImageProviderContract:
    """Give a fixture `provider`; the rest is asked of it here."""

    model = "gpt-image-2.6-flare"
    size = Dimensions(1024, 1024)

    @pytest.fixture
    def provider(self) -> ImageProvider:
        raise AssertionError("a contract's subclass gives the provider")

    def _painting(self, provider: ImageProvider, request: ImageRequest) -> ProviderStream:
        card = provider.catalog.choose(request.model, job_for().created_at.date()).card
        job = job_for(request, card=card)
        return provider.edit(job) if isinstance(request, EditRequest) else provider.generate(job)

    async def _events(self, provider: ImageProvider, request: ImageRequest) -> list[StreamEvent]:
        async with aclosing(self._painting(provider, request)) as painting:
            events = [event async for event in painting]
        return [event for event in events if not isinstance(event, JobDispatched)]

    def _requests(self, partials: int = 0) -> list[ImageRequest]:
        sides = (self.size.width, self.size.height)
        shared: dict[str, Any] = {
            "model": self.model,
            "size": self.size,
            "partial_images": partials,
        }
        return [
            GenerateRequest(prompt="a hill", **shared),
            EditRequest(
                prompt="a lake", images=(picture("teal", sides),), mask=mask(sides), **shared
            ),
        ]

    async def test_it_has_a_name_and_a_default_model(self, provider: ImageProvider) -> None:
        assert provider.name
        assert provider.catalog.find(provider.catalog.default) is not None

    async def test_it_delivers_once_and_last(self, provider: ImageProvider) -> None:
        for request in self._requests():
            events = await self._events(provider, request)
            assert [type(event) for event in events] == [Delivered]

    async def test_partials_come_before_the_picture_and_differ_from_it(
        self, provider: ImageProvider
    ) -> None:
        for request in self._requests(partials=2):
            *partials, last = await self._events(provider, request)
            assert isinstance(last, Delivered)
            previews = [event for event in partials if isinstance(event, PartialImage)]
            assert [(event.image_index, event.index) for event in previews] == [(0, 0), (0, 1)]
            digests = {event.image.digest for event in previews}
            assert len(digests | {last.images[0].image.digest}) == 3

    @pytest.mark.parametrize("form", list(ImageFormat))
    async def test_the_picture_has_the_size_and_format_asked_for(
        self, provider: ImageProvider, form: ImageFormat
    ) -> None:
        request = GenerateRequest(prompt="a hill", model=self.model, size=self.size, format=form)
        (last,) = await self._events(provider, request)
        assert isinstance(last, Delivered)
        (painted,) = last.images
        assert (painted.image.format, painted.image.dimensions) == (form, self.size)

    async def test_it_paints_as_many_as_asked(self, provider: ImageProvider) -> None:
        request = GenerateRequest(prompt="a hill", model=self.model, size=self.size, n=3)
        (last,) = await self._events(provider, request)
        assert isinstance(last, Delivered)
        assert len({painted.image.digest for painted in last.images}) == 3

    async def test_it_can_be_left_in_the_middle(self, provider: ImageProvider) -> None:
        for request in self._requests(partials=3):
            async with aclosing(self._painting(provider, request)) as painting:
                async for event in painting:
                    if isinstance(event, PartialImage):
                        break
