"""Use case: paint something new."""

from application.jobs.job_handle import JobHandle
from application.jobs.job_service import JobService
from domain.jobs import LOCAL
from domain.requests import GenerateRequest


class GenerateImage:
    """Starts or joins the job that paints a request."""

    def __init__(self, pipeline: JobService) -> None:
        self.pipeline = pipeline

    async def __call__(
        self,
        request: GenerateRequest,
        /,
        *,
        owner: str = LOCAL,
        fresh: bool = False,
        key: str | None = None,
    ) -> JobHandle:
        """Return the ticket, whose `events()` and `result()` tell the rest.

        `fresh` asks for a new picture although an equal one is being painted; `key` asks for the
        job of that key, whatever became of it, if there is one. Raises UnsupportedByModel and
        KeyReused before anything is spent, ShuttingDown, and with a key ArchiveUnavailable.
        """
        paint = self.pipeline.provider.generate
        return await self.pipeline.submit(request, paint, owner=owner, fresh=fresh, key=key)
