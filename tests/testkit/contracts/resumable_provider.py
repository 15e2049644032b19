"""What every ResumableProvider promises beside ImageProviderContract, which its tests inherit too.

The provider's service is one that the tests control: see AcceptingService.
"""

from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

import pytest

from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
    ResumableProvider,
    StreamEvent,
)
from domain.events import JobDispatched
from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.provider_errors import ProviderError, WorkLost
from domain.requests import AcceptedRequest, ImageRequest

from ..fakes import job_for
from .image_provider import requests_for, stream_of


class AcceptingService(Protocol):
    """The service behind a resumable provider, as far as the suite controls it."""

    def charges(self) -> int:
        """How many pieces of work it has charged so far, delivered or not."""

    def refuse_next(self) -> None:
        """Accept the next request, and then refuse it, as its moderation does."""

    def forget(self) -> None:
        """Drop all work, finished or not."""


@pytest.mark.anyio
class ResumableProviderContract:
    """Give fixtures `provider`, `restarted` and `service`; the suite tests the rest."""

    model: str | None = None
    """The model to test; None for the default of the catalog."""
    size: Dimensions | None = None
    """A size to ask for; None for 1024x1024, or the smallest that the card lists instead."""
    unknown_handle = "never_given"
    """A handle of the service's form that it never gave."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def provider(self) -> ImageProvider:
        pytest.fail("The class that inherits this suite gives the provider.")

    @pytest.fixture
    def restarted(self) -> ImageProvider:
        """The provider as another process has it, which knows nothing of the first one."""
        pytest.fail("The class that inherits this suite gives the restarted provider.")

    @pytest.fixture
    def service(self) -> AcceptingService:
        pytest.fail("The class that inherits this suite gives its service.")

    @pytest.fixture
    def card(self, provider: ImageProvider) -> ModelCard:
        """What the model promises."""
        return provider.catalog.choose(self.model, job_for().created_at.date()).card

    @pytest.fixture
    def requests(self, card: ModelCard) -> list[ImageRequest]:
        return requests_for(card, self.size)

    async def test_the_handle_comes_first_and_once(
        self, provider: ImageProvider, card: ModelCard, requests: list[ImageRequest]
    ) -> None:
        for request in requests:
            asked = _with_previews(request, card)
            first, *others = await _read(stream_of(provider, card, asked))
            assert isinstance(first, Accepted)
            assert first.handle
            assert not [event for event in others if isinstance(event, Accepted)]

    async def test_another_process_gets_the_same_image_for_no_further_charge(
        self,
        provider: ImageProvider,
        restarted: ImageProvider,
        card: ModelCard,
        requests: list[ImageRequest],
        service: AcceptingService,
    ) -> None:
        for request in requests:
            charged = service.charges()
            accepted, *_, delivered = await _read(stream_of(provider, card, request))
            assert isinstance(accepted, Accepted)
            for _ in range(2):
                resumed = await resumed_events(restarted, card, request, accepted.handle)
                assert _digests(resumed[-1]) == _digests(delivered)
            assert service.charges() == charged + 1

    async def test_work_whose_stream_was_closed_is_delivered_all_the_same(
        self,
        provider: ImageProvider,
        restarted: ImageProvider,
        card: ModelCard,
        requests: list[ImageRequest],
        service: AcceptingService,
    ) -> None:
        for request in requests:
            charged = service.charges()
            asked = _with_previews(request, card)
            handle = await _handle_only(stream_of(provider, card, asked))
            first = await resumed_events(restarted, card, request, handle)
            again = await resumed_events(restarted, card, asked, handle)
            assert _digests(first[-1]) == _digests(again[-1])
            assert service.charges() == charged + 1

    async def test_work_that_was_refused_is_refused_again_by_the_same_error(
        self,
        provider: ImageProvider,
        restarted: ImageProvider,
        card: ModelCard,
        requests: list[ImageRequest],
        service: AcceptingService,
    ) -> None:
        service.refuse_next()
        events = list[StreamEvent]()
        with pytest.raises(ProviderError) as refused:
            await _read(stream_of(provider, card, requests[0]), events)
        (accepted,) = events
        assert isinstance(accepted, Accepted)
        with pytest.raises(ProviderError) as resumed:
            await resumed_events(restarted, card, requests[0], accepted.handle)
        assert type(resumed.value) is type(refused.value)
        assert resumed.value.charged == refused.value.charged

    async def test_a_handle_that_the_service_does_not_know_means_that_the_work_is_lost(
        self,
        provider: ImageProvider,
        card: ModelCard,
        requests: list[ImageRequest],
        service: AcceptingService,
    ) -> None:
        handle = await _handle_only(stream_of(provider, card, requests[0]))
        service.forget()
        charged = service.charges()
        for each in (handle, self.unknown_handle):
            with pytest.raises(WorkLost):
                await resumed_events(provider, card, requests[0], each)
        assert service.charges() == charged


async def resumed_events(
    provider: ImageProvider, card: ModelCard, request: ImageRequest, handle: str
) -> list[StreamEvent]:
    """The events of resumed work: previews, then one Delivered.

    The job is as another process knows it, without its input images.
    """
    assert isinstance(provider, ResumableProvider)
    names = ("prompt", "model", "size", "quality", "format", "n", "partial_images")
    facts = {name: getattr(request, name) for name in names}
    known = AcceptedRequest(**facts, accepted_action=request.action)
    job = job_for(known, card=card).dispatched().accepted(handle)
    events = await _read(provider.resume(job, handle))
    assert {type(event) for event in events[:-1]} <= {PartialImage}
    assert isinstance(events[-1], Delivered)
    return events


async def _read(
    stream: ProviderStream, events: list[StreamEvent] | None = None
) -> list[StreamEvent]:
    """All events but those that safeguards add; `events` has them even if the stream fails."""
    events = [] if events is None else events
    async with aclosing(stream) as opened:
        async for event in opened:
            if not isinstance(event, JobDispatched):
                events.append(event)
    return events


async def _handle_only(stream: ProviderStream) -> str:
    """The handle; the stream is closed as soon as it has come."""
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Accepted):
                return event.handle
    pytest.fail("The provider did not say that it accepted the request.")


def _with_previews(request: ImageRequest, card: ModelCard) -> ImageRequest:
    """The request with two previews, if the model sends any."""
    return replace(request, partial_images=2 if card.streams else 0)


def _digests(event: StreamEvent) -> list[str]:
    assert isinstance(event, Delivered)
    assert event.images
    return [made.image.digest for made in event.images]
