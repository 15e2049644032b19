"""A charged image is on the disk before any caller gets it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from application.ports.image_provider import ImageProvider, StreamEvent
from application.safeguards.archiving import Archiving
from application.safeguards.inspection import Inspection
from domain.errors import ArchiveUnavailable, Canceled
from domain.events import JobDispatched
from domain.image import Image
from domain.jobs import Job, JobState
from domain.provider_errors import (
    BadProviderReply,
    OutcomeUnknown,
    ProviderError,
    ProviderTimedOut,
    RateLimited,
)
from domain.requests import ImageRequest
from domain.results import ResultImage
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    HeaderInspector,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    small_image,
)
from tests.unit.results import SMALL, delivered, events

pytestmark = pytest.mark.anyio


class Archive:
    """An image store and records in memory, and the safeguard that fills them."""

    def __init__(
        self, images: MemoryImageStore | None = None, records: MemoryJobRepository | None = None
    ) -> None:
        self.images = images or MemoryImageStore()
        self.records = records or MemoryJobRepository()

    def around(self, provider: ImageProvider) -> Archiving:
        """The safeguard around this provider."""
        return Archiving(provider, self.images, self.records)

    @property
    def states(self) -> list[JobState]:
        """All recorded states, in order."""
        return [job.state for job in self.records.history]


async def test_the_record_precedes_dispatch_and_the_image_is_stored_before_delivery() -> None:
    archive, order = Archive(), list[str]()

    class RecordingProvider(FakeProvider):
        async def _deliver(self, job: Job[ImageRequest]) -> AsyncIterator[StreamEvent]:  # type: ignore[override] # a plain iterator is enough here
            order.append(f"sent with {len(archive.records.history)} record")
            async for event in super()._deliver(job):
                yield event

    async with aclosing(archive.around(RecordingProvider()).generate(job_for(SMALL))) as stream:
        async for event in stream:
            order.append(f"{type(event).__name__} with {len(archive.images.stored)} stored")
    assert order == ["JobDispatched with 0 stored", "sent with 1 record", "Delivered with 1 stored"]
    assert archive.states == [JobState.DISPATCHED, JobState.STORED]


async def test_images_are_delivered_with_their_location() -> None:
    archive = Archive()
    result = await delivered(archive.around(FakeProvider()))
    assert result.images[0].stored is not None
    assert archive.images.stored[result.images[0].stored.ref] == PNG
    assert await archive.records.by_image(PNG.id, owner="local") is not None


async def test_an_error_of_what_is_called_on_arrival_costs_no_image() -> None:
    archive, arrived = Archive(), list[Image]()

    def on_arrival(job: Job[ImageRequest], images: Sequence[ResultImage]) -> None:
        assert not archive.images.stored
        arrived.extend(each.image for each in images)
        raise MemoryError(job.id)

    safeguard = Archiving(FakeProvider(), archive.images, archive.records, on_arrival)
    result = await delivered(safeguard)
    assert arrived == [PNG]
    assert result.images[0].stored is not None


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (RateLimited("Not now."), JobState.FAILED),
        (BadProviderReply("What?", raw_remainder=[b"<html>"]), JobState.FAILED),
        (ProviderTimedOut("Too long."), JobState.UNKNOWN),
        (OutcomeUnknown("Cut."), JobState.UNKNOWN),
    ],
)
async def test_the_final_state_of_a_job_is_recorded(fault: ProviderError, state: JobState) -> None:
    archive = Archive()
    with pytest.raises(type(fault)):
        await events(archive.around(FakeProvider(fails=[fault])))
    assert archive.states == [JobState.DISPATCHED, state]
    assert archive.records.history[-1].failure is fault


async def test_an_invalid_reply_is_quarantined_and_the_error_has_its_path() -> None:
    archive = Archive()
    fault = BadProviderReply("What?", raw_remainder=[b"<html>"])
    with pytest.raises(BadProviderReply) as bad:
        await events(archive.around(FakeProvider(fails=[fault])))
    assert archive.images.quarantined == [b"<html>"]
    assert bad.value.quarantined == ("/quarantine/job_1-1.bin",)


async def test_invalid_data_beside_valid_images_is_quarantined() -> None:
    archive = Archive()
    result = await delivered(archive.around(FakeProvider(PNG, undecodable=(b"??",))))
    assert archive.images.quarantined == [b"??"]
    assert "/quarantine/" in result.notes[-1]


async def test_a_job_canceled_after_dispatch_is_unknown() -> None:
    archive, generating = Archive(), asyncio.Event()

    async def forever() -> None:
        generating.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(events(archive.around(FakeProvider(meanwhile=forever))))
    await generating.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert archive.states == [JobState.DISPATCHED, JobState.UNKNOWN]


async def test_the_received_part_of_a_broken_call_is_quarantined() -> None:
    archive, cut = Archive(), OutcomeUnknown("Cut.")
    cut.raw_remainder = (b"half a reply",)

    async def fail() -> None:
        raise cut

    provider = FakeProvider(meanwhile=fail)
    with pytest.raises(OutcomeUnknown):
        await events(archive.around(provider), replace(SMALL, partial_images=2))
    assert archive.images.quarantined == [b"half a reply", small_image("gray", size=(2, 1)).data]
    assert cut.quarantined == ("/quarantine/job_1-1.bin", "/quarantine/job_1-2.png")
    assert "saved in DATA_DIR/quarantine" in cut.hint
    assert not cut.raw_remainder


async def test_the_last_preview_of_a_canceled_job_is_quarantined() -> None:
    archive, generating = Archive(), asyncio.Event()

    async def forever() -> None:
        generating.set()
        await asyncio.Event().wait()

    request = replace(SMALL, partial_images=1)
    task = asyncio.create_task(events(archive.around(FakeProvider(meanwhile=forever)), request))
    await generating.wait()
    task.cancel()
    await asyncio.wait({task})
    assert archive.images.quarantined == [small_image("gray", size=(1, 1)).data]
    assert archive.records.history[-1].state is JobState.UNKNOWN


class FullStore(MemoryImageStore):
    """Fails in the named method, as with a full disk."""

    def __init__(self, method: str) -> None:
        super().__init__()
        setattr(self, method, self._refuse)

    async def _refuse(self, *_: object, **_options: object) -> None:
        raise ArchiveUnavailable("The disk is full.")


class FullRecords(MemoryJobRepository):
    """Fails to save after this many states."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self.after = after

    async def save(self, job: Job[ImageRequest], /) -> None:
        if len(self.history) >= self.after:
            raise ArchiveUnavailable("The disk is full.")
        await super().save(job)


class SlowInspector(HeaderInspector):
    """Waits until the test sets `go_on`."""

    def __init__(self) -> None:
        self.started, self.go_on = asyncio.Event(), asyncio.Event()

    async def inspect(self, image: Image, /) -> None:
        self.started.set()
        await self.go_on.wait()


async def test_a_received_image_is_stored_even_if_the_job_is_canceled() -> None:
    archive, inspector = Archive(), SlowInspector()
    provider = archive.around(Inspection(FakeProvider(), inspector))
    task = asyncio.create_task(delivered(provider))
    await inspector.started.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    inspector.go_on.set()
    assert (await task).images[0].stored is not None
    assert archive.states == [JobState.DISPATCHED, JobState.STORED]


async def test_a_job_canceled_while_it_is_recorded_is_not_sent_and_not_left_open() -> None:
    provider, writing, go_on = FakeProvider(), asyncio.Event(), asyncio.Event()

    class SlowRecords(MemoryJobRepository):
        async def save(self, job: Job[ImageRequest], /) -> None:
            writing.set()
            await go_on.wait()
            await super().save(job)

    archive = Archive(records=SlowRecords())
    task = asyncio.create_task(events(archive.around(provider)))
    await writing.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert provider.seen == []
    assert archive.states == [JobState.DISPATCHED, JobState.FAILED]
    assert isinstance(archive.records.history[-1].failure, Canceled)


async def test_nothing_is_sent_if_no_image_can_be_stored() -> None:
    provider, archive = FakeProvider(), Archive(FullStore("check_writable"))
    with pytest.raises(ArchiveUnavailable):
        await events(archive.around(provider))
    assert (provider.seen, archive.records.history) == ([], [])


async def test_nothing_is_sent_if_the_record_cannot_be_written() -> None:
    provider = FakeProvider()
    archive = Archive(records=FullRecords(after=0))
    with pytest.raises(ArchiveUnavailable):
        await events(archive.around(provider))
    assert provider.seen == []


async def test_a_charged_image_is_delivered_even_if_it_cannot_be_stored() -> None:
    result = await delivered(Archive(FullStore("put")).around(FakeProvider()))
    assert result.images[0].image == PNG
    assert result.images[0].stored is None
    assert result.notes[0].startswith("Not stored: The disk is full.")


async def test_a_charged_image_is_delivered_even_if_its_record_cannot_be_written() -> None:
    archive = Archive(records=FullRecords(after=1))
    result = await delivered(archive.around(FakeProvider()))
    assert result.images[0].stored is not None
    assert result.notes == ("The job's record could not be written.",)


async def test_the_first_event_is_the_dispatch() -> None:
    assert isinstance((await events(Archive().around(FakeProvider())))[0], JobDispatched)


async def test_a_caller_that_stops_reading_at_dispatch_leaves_no_job_open() -> None:
    archive = Archive()
    stream = archive.around(FakeProvider()).generate(job_for(SMALL))
    assert isinstance(await anext(stream), JobDispatched)
    await stream.aclose()
    assert archive.states == [JobState.DISPATCHED, JobState.UNKNOWN]
