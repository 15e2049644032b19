"""Use case: close the jobs of processes that ended without closing them."""

from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from domain.errors import Canceled, ImageServiceError
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown

NEVER_SENT = "The server ended before the request was sent."
NO_REPLY = "The server ended while the image was being generated."


class RecoverJobs:
    """Runs at startup, from time to time, and before a command reads the records."""

    def __init__(self, records: JobRepository, images: ImageStore) -> None:
        self.records = records
        self.images = images

    async def __call__(self) -> int:
        """Return how many jobs were closed; raise ArchiveUnavailable.

        Images that such a process wrote completely are kept. Jobs and files of running processes
        are not touched.
        """
        async with self.records.active_writers() as active:
            if not active:  # nothing was ever recorded
                return 0
            await self.images.finish_partial_writes(active)
            return len(await self.records.close_abandoned(active, _outcome))


def _outcome(state: JobState) -> ImageServiceError:
    return Canceled(NEVER_SENT) if state is JobState.RESERVED else OutcomeUnknown(NO_REPLY)
