"""What every ImageProvider promises. The tests of a new one inherit this suite.

The model card says what the model can do: whether it sends partial images, its formats, its sizes,
and how many images it generates and accepts. The suite asks for that, and for nothing else.
"""

from contextlib import aclosing
from dataclasses import replace

import pytest

from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from domain.events import JobDispatched
from domain.image_formats import Dimensions, ImageFormat
from domain.models import ModelCard
from domain.provider_errors import ProviderError, ProviderUnreachable
from domain.requests import SQUARE, EditRequest, GenerateRequest, ImageRequest

from ..fakes import job_for, mask, small_image


@pytest.mark.anyio
class ImageProviderContract:
    """Give a fixture `provider`; the suite tests the rest.

    A provider that calls a service also gives the fixture `unreachable`.
    """

    model: str | None = None
    """The model to test; None for the default of the catalog."""
    size: Dimensions | None = None
    """A size to ask for; None for 1024x1024, or the smallest that the card lists instead."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def provider(self) -> ImageProvider:
        pytest.fail("The class that inherits this suite gives the provider.")

    @pytest.fixture
    def unreachable(self) -> ImageProvider | None:
        """The provider, with the address of a service to which no connection can be made."""
        return None

    @pytest.fixture
    def card(self, provider: ImageProvider) -> ModelCard:
        """What the model promises."""
        return provider.catalog.choose(self.model, job_for().created_at.date()).card

    @pytest.fixture
    def requests(self, card: ModelCard) -> list[ImageRequest]:
        return requests_for(card, self.size)

    async def test_it_has_a_name_and_a_default_model(self, provider: ImageProvider) -> None:
        assert provider.name
        assert provider.catalog.find(provider.catalog.default) is not None

    async def test_its_card_allows_what_the_suite_asks_for(
        self, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        assert [card.unsupported_option(request) for request in requests] == [None] * len(requests)

    async def test_it_delivers_once_and_last(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        for request in requests:
            events = await _events(provider, card, request)
            assert [type(event) for event in events] == [Delivered]

    async def test_partial_images_come_first_and_differ_from_the_last_image(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        if not card.streams:
            pytest.skip("this model sends no partial images")
        for request in requests:
            *partials, last = await _events(provider, card, replace(request, partial_images=2))
            assert isinstance(last, Delivered)
            previews = [event for event in partials if isinstance(event, PartialImage)]
            assert [(event.image_index, event.index) for event in previews] == [(0, 0), (0, 1)]
            digests = {event.image.digest for event in previews}
            assert len(digests | {last.images[0].image.digest}) == 3

    async def test_the_image_has_the_size_and_format_of_the_request(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        for form in sorted(card.formats):
            request = replace(requests[0], format=form)
            (last,) = await _events(provider, card, request)
            assert isinstance(last, Delivered)
            (made,) = last.images
            assert (made.image.format, made.image.dimensions) == (form, request.size)

    async def test_it_generates_as_many_images_as_requested(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        number = min(3, card.max_images)
        (last,) = await _events(provider, card, replace(requests[0], n=number))
        assert isinstance(last, Delivered)
        assert len({made.image.digest for made in last.images}) == number

    async def test_an_edit_that_its_card_does_not_allow_is_a_provider_error(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        if card.max_input_images:
            pytest.skip("this model edits images")
        with pytest.raises(ProviderError):
            await _events(provider, card, _edit_of(requests[0]))

    async def test_its_stream_can_be_closed_early(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        for request in requests:
            asked = replace(request, partial_images=3 if card.streams else 0)
            async with aclosing(stream_of(provider, card, asked)) as stream:
                async for event in stream:
                    if isinstance(event, PartialImage):
                        break

    async def test_a_service_that_cannot_be_reached_is_a_provider_error(
        self, unreachable: ImageProvider | None, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        if unreachable is None:
            pytest.skip("this provider calls no service")
        for request in requests:
            with pytest.raises(ProviderUnreachable):
                await _events(unreachable, card, request)


def requests_for(card: ModelCard, size: Dimensions | None = None) -> list[ImageRequest]:
    """One request for each action that the model knows: one image, a PNG if there is a choice."""
    size = size or (SQUARE if card.sizes.allows(SQUARE) else min(card.sizes.listed))
    form = ImageFormat.PNG if ImageFormat.PNG in card.formats else min(card.formats)
    generate = GenerateRequest(prompt="a hill", model=card.name, size=size, format=form)
    if not card.max_input_images:
        return [generate]
    sides = (size.width, size.height)
    return [generate, replace(_edit_of(generate), mask=mask(sides) if card.masks else None)]


def _edit_of(request: ImageRequest) -> EditRequest:
    """A request to edit an image of the size, in the format and by the model of this one."""
    size = request.size or SQUARE
    return EditRequest(
        prompt="a lake",
        model=request.model,
        size=size,
        format=request.format,
        images=(small_image("teal", (size.width, size.height)),),
    )


def stream_of(provider: ImageProvider, card: ModelCard, request: ImageRequest) -> ProviderStream:
    """The call that the request is for, as a job of this model."""
    job = job_for(request, card=card)
    return provider.edit(job) if isinstance(request, EditRequest) else provider.generate(job)


async def _events(
    provider: ImageProvider, card: ModelCard, request: ImageRequest
) -> list[StreamEvent]:
    """The adapter's own events, without the handles: one first, or one an image."""
    async with aclosing(stream_of(provider, card, request)) as stream:
        events = [event async for event in stream]
    events = [event for event in events if not isinstance(event, JobDispatched)]
    if request.n == 1:
        return events[1:] if events and isinstance(events[0], Accepted) else events
    rest: list[StreamEvent] = [event for event in events if not isinstance(event, Accepted)]
    assert len(events) - len(rest) <= request.n
    assert events[-1:] == rest[-1:], "a handle came after the images"
    return rest
