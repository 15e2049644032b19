"""A server process in memory, whose records and images outlive it."""

from adapters.job_events.memory import MemoryJobEvents
from application.image_library import ImageLibrary
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_runner import JobRunner
from application.jobs.job_service import JobService
from application.jobs.stored_results import StoredResults
from application.provider_registry import ProviderRegistry
from application.result_cache import ResultCache
from application.safeguards.archiving import Archiving
from application.safeguards.inspection import Inspection
from application.safeguards.redaction import Redaction
from application.safeguards.resumption import Resumption
from application.use_cases.recover_jobs import RecoverJobs
from application.use_cases.resume_jobs import ResumeJobs
from domain.jobs import JobState
from domain.provider_errors import (
    OutcomeUnknown,
)
from domain.requests import ImageRequest
from tests.testkit.fakes import (
    DictCache,
    FakeProvider,
    FrozenClock,
    HeaderInspector,
    InstantRetries,
    MemoryImageStore,
    MemoryJobRepository,
    RecordingSink,
    generate_image,
    job_for,
    no_day_budget,
    renditions,
)
from tests.unit.results import SMALL

CUT = OutcomeUnknown("The connection broke off.")


def resuming(provider: FakeProvider, *, most: int = 3) -> Resumption:
    return Resumption(provider, InstantRetries(most))


class Process:
    """A server process: all that a job needs, over records and images that outlive it."""

    images: MemoryImageStore
    records: MemoryJobRepository

    def __init__(self, provider: FakeProvider, before: "Process | None" = None) -> None:
        self.images = before.images if before else MemoryImageStore()
        beside = before.records if before else None
        self.records = MemoryJobRepository(writer=f"process {id(self)}", beside=beside)
        self.clock, self.sink = FrozenClock(), RecordingSink()
        library = ImageLibrary(self.images, self.records)
        self.cache = DictCache()
        self.runner = JobRunner(MemoryJobEvents(), self.sink)
        checked = Inspection(resuming(provider, most=1), HeaderInspector())
        self.service = JobService(
            ProviderRegistry(Archiving(Redaction(checked, []), self.images, self.records)),
            ResultCache(self.cache, library),
            renditions(),
            self.runner,
            IdempotentJobs(self.runner, self.records, StoredResults(library)),
            no_day_budget(),
            self.clock,
        )
        self.generate = generate_image(self.service, library)
        self.resume = ResumeJobs(self.records, lambda: self.service)
        self.recover = RecoverJobs(self.records, self.images, self.clock)

    async def finish(self) -> None:
        """Let all jobs end."""
        for task in [*self.runner._tasks]:
            await task

    @property
    def states(self) -> list[JobState]:
        return [row.record.state for row in self.records.tables.rows.values()]


Handles = dict[str, ImageRequest]


async def killed(request: ImageRequest = SMALL) -> tuple[Process, Handles]:
    """A process that was killed right after its provider had accepted the request."""
    process = Process(FakeProvider())
    await process.records.save(job_for(request).dispatched().accepted("work_1"))
    process.records.end()
    return process, {"work_1": request}
