"""A whole job service on fakes, whose steps take turns of the event loop instead of time."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from adapters.job_events.memory import MemoryJobEvents
from application.cost_estimates import CostEstimates
from application.image_library import ImageLibrary
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import JobRunner
from application.jobs.job_service import JobService
from application.jobs.stored_results import StoredResults
from application.ports.image_cache import CacheEntry, CacheHit
from application.ports.image_provider import ProviderStream
from application.provider_registry import ProviderRegistry
from application.result_cache import ResultCache
from domain.events import JobEvent
from domain.image import Image, StoredRef
from domain.image_formats import Dimensions
from domain.jobs import Job, JobState
from domain.requests import GenerateRequest, ImageRequest
from entrypoints.bootstrap.safeguards import with_safeguards
from tests.testkit.fakes import (
    DictCache,
    FakeProvider,
    FrozenClock,
    HeaderInspector,
    InstantRetries,
    MemoryImageStore,
    MemoryJobRepository,
    MemoryUsageLedger,
    RecordingSink,
    generate_image,
    no_day_budget,
    renditions,
    settings_in,
    small_image,
)

REQUEST = GenerateRequest(prompt="a red bridge", size=Dimensions(8, 8), partial_images=3)
SETTINGS = settings_in(Path("nowhere"))
Pace = Callable[[], int]
"""Called before each step; returns the number of turns that the step takes."""


async def turns(number: int) -> None:
    """Let all other tasks run this many turns."""
    for _ in range(number):
        await asyncio.sleep(0)


class TickingProvider(FakeProvider):
    """Takes turns before every event, and generates a different image for every call."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        self.images = (small_image(f"#{len(self.seen) + 1:06x}"),)
        async with aclosing(super()._deliver(job)) as stream:
            async for event in stream:
                await turns(self.pace())
                yield event


class TickingStore(MemoryImageStore):
    """Takes turns; `storing` is true while an image is written."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace
        self.storing = False

    async def check_writable(self) -> None:
        await turns(self.pace())

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        self.storing = True
        await turns(self.pace())
        self.storing = False
        return await super().put(image, title=title, derived_from=derived_from)


class TickingRecords(MemoryJobRepository):
    """Takes turns before each operation."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace

    async def save(self, job: Job[ImageRequest], /) -> None:
        await turns(self.pace())
        await super().save(job)

    def states(self) -> list[JobState]:
        """The last recorded state of each job."""
        return [job.state for job in {job.id: job for job in self.history}.values()]


class TickingCache(DictCache):
    """Takes turns before each operation."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace

    async def get(self, key: str, /) -> CacheHit | None:
        await turns(self.pace())
        return await super().get(key)

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        await turns(self.pace())
        await super().put(key, entry)


class TickingService:
    """The real job service, runner and safeguards around fakes."""

    def __init__(
        self, pace: Pace = lambda: 1, provider: type[TickingProvider] = TickingProvider
    ) -> None:
        self.provider = provider(pace)
        self.images = TickingStore(pace)
        self.records = TickingRecords(pace)
        self.cache = TickingCache(pace)
        self.sink = RecordingSink()
        self.jobs = JobRunner(MemoryJobEvents(), self.sink)
        safe = with_safeguards(
            self.provider,
            self.images,
            self.records,
            CostEstimates(MemoryUsageLedger(self.records), FrozenClock()),
            HeaderInspector(),
            InstantRetries(),
            InstantRetries(),
            FrozenClock(),
            SETTINGS,
        )
        library = ImageLibrary(self.images, self.records)
        memory = ResultCache(self.cache, library)
        again = IdempotentJobs(self.jobs, self.records, StoredResults(library))
        service = JobService(
            ProviderRegistry(safe),
            memory,
            renditions(),
            self.jobs,
            again,
            no_day_budget(),
            FrozenClock(),
        )
        self.generate = generate_image(service, library)

    async def image(self, *, fresh: bool = False) -> Image:
        """The image that one caller gets."""
        handle = await self.generate(REQUEST, fresh=fresh)
        (image,) = (await handle.result()).images
        return image.image

    async def events_of_one_caller(self) -> list[JobEvent]:
        """The events that one caller reads."""
        return await read(await self.generate(REQUEST))

    async def disconnect_at(self, kind: type[JobEvent]) -> None:
        """Start a caller that disconnects at its first event of this type."""
        async with aclosing((await self.generate(REQUEST)).events()) as events:
            async for event in events:
                if isinstance(event, kind):
                    return

    def histories(self) -> list[list[JobEvent]]:
        """The events of each job, in the order in which the jobs started."""
        jobs: dict[str, list[JobEvent]] = {}
        for event in self.sink.events:
            if isinstance(event, JobEvent):
                jobs.setdefault(event.job_id, []).append(event)
        return list(jobs.values())


async def read(handle: JobHandle) -> list[JobEvent]:
    """All events of a handle."""
    async with aclosing(handle.events()) as events:
        return [event async for event in events]
