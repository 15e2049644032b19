"""What waiting callers will get is made while their images are still being stored."""

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.job_events.memory import MemoryJobEvents
from application.early_renditions import EarlyRenditions
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import Execution, JobRunner
from application.ports.image_provider import Delivered
from application.rendition_service import PREVIEW_MAX_SIDE, RenditionService
from application.safeguards.archiving import Archiving
from domain.errors import ArchiveUnavailable
from domain.events import Finished
from domain.image import Image, StoredRef
from domain.image_formats import ImageFormat
from domain.jobs import Job
from domain.renditions import RenditionSpec
from domain.requests import GenerateRequest
from domain.results import ImageResult
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    FrozenClock,
    MemoryImageStore,
    MemoryJobRepository,
    RecordingSink,
    ScriptedOptimizer,
    job_for,
    no_day_budget,
    renditions,
    small_image,
)
from tests.unit.results import SMALL

pytestmark = pytest.mark.anyio
JPEG = small_image(form="JPEG")
LARGE = Image(PNG.data + bytes(100_000))
ROOM = 60_123
PREVIEW = RenditionSpec(max_side=PREVIEW_MAX_SIDE, max_bytes=60_000, portable=True)


class WaitingStore(MemoryImageStore):
    """An image store that writes nothing before the event is set."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = asyncio.Event()
        self.fails = False

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        await self.may_write.wait()
        if self.fails:
            raise ArchiveUnavailable("The disk is full.")
        return await super().put(image, title=title, derived_from=derived_from)


@dataclass
class Service:
    """A job's path from its provider to its callers, over a store that waits."""

    images: WaitingStore = field(default_factory=WaitingStore)
    optimizer: ScriptedOptimizer = field(default_factory=lambda: ScriptedOptimizer(JPEG))
    jobs: JobRunner = field(default_factory=lambda: JobRunner(MemoryJobEvents(), RecordingSink()))

    def __post_init__(self) -> None:
        self.renditions: RenditionService = renditions(self.optimizer, images=self.images)
        early = EarlyRenditions(self.jobs, self.renditions)
        self.provider = Archiving(
            FakeProvider(LARGE), self.images, MemoryJobRepository(), early.begin
        )

    def start(self, *requests: GenerateRequest) -> list[JobHandle]:
        """Start a job for the first request; return a handle of it for each."""
        job = job_for(requests[0])
        running = self.jobs.start(job, self._execute(job))
        return [
            JobHandle(
                running,
                request,
                self.renditions,
                no_day_budget(),
                requested_model="fake-1",
                notes=(),
                joined=request is not requests[0],
            )
            for request in requests
        ]

    async def _execute(self, job: Job[GenerateRequest]) -> Execution:
        *_, delivered = [event async for event in self.provider.generate(job)]
        assert isinstance(delivered, Delivered)
        now = FrozenClock().now()
        result = job.result(delivered.images, delivered, created_at=now)
        yield Finished(job_id=job.id, result=result)

    async def until_storing(self) -> None:
        """Let everything run that does not wait for the store."""
        for _ in range(50):
            await asyncio.sleep(0)
        assert not self.images.stored


async def finish(service: Service, job: JobHandle) -> ImageResult:
    service.images.may_write.set()
    return await job.result()


async def test_a_preview_is_made_while_its_image_is_being_stored_and_only_once() -> None:
    service = Service()
    (job,) = service.start(SMALL)
    job.expect_images(max_bytes=ROOM)
    reader = asyncio.create_task(job.result())
    await service.until_storing()
    assert service.optimizer.seen == [PREVIEW]
    assert not reader.done(), "an image was delivered before it was stored"
    service.images.may_write.set()
    (image,) = (await reader).images
    assert image.stored is not None
    assert await service.renditions.preview(image, max_bytes=ROOM) == JPEG
    assert service.optimizer.seen == [PREVIEW]


async def test_nothing_is_made_early_for_callers_that_expect_no_images() -> None:
    service = Service()
    service.start(SMALL)
    await service.until_storing()
    assert service.optimizer.seen == []


@pytest.mark.parametrize("room", [len(LARGE.data), 10_000_000, 500, -1])
async def test_no_preview_is_made_of_an_image_that_fits_or_where_nothing_fits(room: int) -> None:
    service = Service()
    (job,) = service.start(SMALL)
    job.expect_images(max_bytes=room)
    await service.until_storing()
    assert service.optimizer.seen == []


async def test_a_rendition_that_was_requested_is_made_early_in_place_of_a_preview() -> None:
    service = Service()
    request = GenerateRequest(prompt="a red bridge", format=ImageFormat.JPEG)
    (job,) = service.start(request)
    job.expect_images(max_bytes=ROOM)
    await service.until_storing()
    assert service.optimizer.seen == [RenditionSpec(format=ImageFormat.JPEG)]
    (image,) = (await finish(service, job)).images
    assert image.delivered == JPEG
    assert len(service.optimizer.seen) == 1


async def test_each_of_the_callers_that_share_a_job_gets_its_own_made_early() -> None:
    service = Service()
    webp = GenerateRequest(prompt="a red bridge", format=ImageFormat.WEBP)
    for job in service.start(SMALL, SMALL, webp):
        job.expect_images(max_bytes=ROOM)
    await service.until_storing()
    assert len(service.optimizer.seen) == 2
    assert set(service.optimizer.seen) == {PREVIEW, RenditionSpec(format=ImageFormat.WEBP)}


async def test_an_image_that_cannot_be_stored_is_delivered_with_its_preview_and_a_note() -> None:
    service = Service()
    service.images.fails = True
    (job,) = service.start(SMALL)
    job.expect_images(max_bytes=ROOM)
    result = await finish(service, job)
    assert "Not stored: The disk is full." in result.notes[0]
    assert await service.renditions.preview(result.images[0], max_bytes=ROOM) == JPEG
    assert service.optimizer.seen == [PREVIEW]


async def test_renditions_that_fail_early_cost_no_image() -> None:
    service = Service(optimizer=ScriptedOptimizer())
    (job,) = service.start(SMALL)
    job.expect_images(max_bytes=ROOM)
    (image,) = (await finish(service, job)).images
    assert image.stored is not None
    assert await service.renditions.preview(image, max_bytes=ROOM) is None
