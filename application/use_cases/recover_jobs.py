"""Use case: close the jobs of processes that ended without closing them."""

from datetime import timedelta

from application.ports.clock import Clock
from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from domain.errors import Canceled, ImageServiceError
from domain.job_records import JobRecord
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown, WorkLost

NEVER_SENT = "The server ended before the request was sent."
NO_REPLY = "The server ended while the image was being generated."
NOT_FETCHED = "The server ended while the image was being generated, and it could not be fetched."
RESUMABLE_FOR = timedelta(days=30)
"""How long accepted work stays open, to be resumed: OpenAI keeps responses as long, and Gemini
interactions for 55 days, or for one on the free tier. Work that is gone ends when it is asked
for."""


class RecoverJobs:
    """Runs at startup, from time to time, and before a command reads the records."""

    def __init__(self, records: JobRepository, images: ImageStore, clock: Clock) -> None:
        self.records = records
        self.images = images
        self.clock = clock

    async def __call__(self) -> int:
        """Return how many jobs were closed; raise ArchiveUnavailable.

        Images that such a process wrote completely are kept. Jobs and files of running processes
        are not touched. A job whose provider has accepted it stays open for RESUMABLE_FOR, because
        ResumeJobs can read its outcome: in this process, or in one with other settings.
        """
        async with self.records.active_writers() as active:
            if not active:  # nothing was ever recorded
                return 0
            await self.images.finish_partial_writes(active)
            return len(await self.records.close_abandoned(active, self._outcome))

    def _outcome(self, record: JobRecord) -> ImageServiceError | None:
        if record.state is JobState.RESERVED:
            return Canceled(NEVER_SENT)
        if record.handle is None:
            return OutcomeUnknown(NO_REPLY)
        is_late = self.clock.now() - record.created_at > RESUMABLE_FOR
        return WorkLost(NOT_FETCHED) if is_late else None
