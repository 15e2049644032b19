"""A provider's handle of accepted work reaches the sink through every safeguard."""

from collections.abc import Callable

import pytest

from adapters.sketch.provider import SketchProvider
from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    ProviderStream,
    ResumableProvider,
)
from application.safeguards.retry import Retry
from domain.events import JobAccepted, JobDispatched, JobStarted
from domain.jobs import Job
from domain.provider_errors import ProviderError, ProviderUnreachable, RateLimited
from domain.requests import ImageRequest
from domain.results import ResultImage
from tests.contracts.test_providers import AROUND
from tests.testkit.fakes import PNG, FakeProvider, FakeResumableProvider, InstantRetries, job_for
from tests.unit.results import SMALL, events
from tests.unit.ticking_service import REQUEST, TickingProvider, TickingService, read

pytestmark = pytest.mark.anyio
HANDLE = "work_1"


class ResumableFake(FakeProvider):
    """Can resume the work that it accepted."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        assert handle == HANDLE
        yield Delivered(images=(ResultImage(image=PNG),))


class ResumableTickingProvider(TickingProvider):
    """The same of the provider of TickingService."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        assert handle == HANDLE
        yield Delivered(images=(ResultImage(image=PNG),))


@pytest.mark.parametrize("around", AROUND.values(), ids=[*AROUND])
async def test_every_safeguard_passes_a_handle_on(
    around: Callable[[ImageProvider], ImageProvider],
) -> None:
    guarded = around(FakeResumableProvider())
    job = job_for(SMALL, card=SketchProvider().catalog.cards[0])  # its price is known to Budget
    seen = [event async for event in guarded.generate(job)]
    accepted, delivered = (event for event in seen if not isinstance(event, JobDispatched))
    assert accepted == Accepted(handle=HANDLE)
    assert isinstance(delivered, Delivered)


async def test_the_sink_gets_the_handle_and_callers_do_not() -> None:
    service = TickingService(provider=ResumableTickingProvider)
    service.provider.handle = HANDLE
    handle = await service.generate(REQUEST)
    events_read = await read(handle)
    assert JobAccepted(job_id=handle.job.id, handle=HANDLE) in service.sink.events
    assert [type(event) for event in events_read[:2]] == [JobStarted, JobDispatched]
    assert not any(isinstance(event, JobAccepted) for event in events_read)


@pytest.mark.parametrize("fault", [ProviderUnreachable("Gone."), RateLimited("No.", retry_after=1)])
async def test_accepted_work_is_never_sent_again(fault: ProviderError) -> None:
    provider = FakeProvider(handle=HANDLE, fails=[fault])
    with pytest.raises(type(fault)):
        await events(Retry(provider, InstantRetries()))
    assert len(provider.seen) == 1


async def test_a_resumable_provider_is_recognized_by_its_type() -> None:
    plain: ImageProvider = FakeProvider()
    provider: ImageProvider = ResumableFake(handle=HANDLE)
    assert not isinstance(plain, ResumableProvider)
    assert isinstance(provider, ResumableProvider)
    resumed = [event async for event in provider.resume(job_for(SMALL), HANDLE)]
    assert [type(event) for event in resumed] == [Delivered]
