"""Use case: have what was asked for before, by the name of the job or of the picture."""

from dataclasses import replace
from typing import Literal

from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import JobRunner
from application.jobs.running_job import RunningJob
from application.jobs.stored_results import StoredResults
from application.ports.job_repository import JobRepository
from application.rendition_service import RenditionService
from domain.image_formats import ImageFormat
from domain.job_records import JobRecord
from domain.jobs import LOCAL
from domain.requests import GenerateRequest
from domain.results import ImageResult

Form = ImageFormat | Literal["auto"]
"""A format, or the one that suits the content."""


class GetImage:
    """Waits for a job that is at work, or reads what one that ended has made."""

    def __init__(
        self,
        jobs: JobRunner,
        journal: JobRepository,
        past: StoredResults,
        renditions: RenditionService,
    ) -> None:
        self.jobs = jobs
        self.journal = journal
        self.past = past
        self.renditions = renditions

    async def __call__(
        self, id_: str, /, *, owner: str = LOCAL, form: Form | None = None
    ) -> JobHandle | ImageResult | JobRecord:
        """A ticket for a job at work here, or the answer of one that ended.

        The record only, of a job that another process has at work. `id_` is a `job_…` or an
        `img_…`. Without a `form` the pictures are as the job was asked for them while it is at
        work, and as the provider sent them later.
        Raises NotFound, ArchiveUnavailable, and what a job failed with. Asking cancels nothing
        and costs nothing.
        """
        if id_.startswith("img_"):
            record = await self.journal.find_by_image(id_, owner=owner)
            return await self._read(record, form, only=id_)
        running = self.jobs.by_id(id_, owner=owner)
        if running is not None:
            return self._handle(running, form)
        record = await self.journal.find(id_, owner=owner)
        return record if record.is_open else await self._read(record, form)

    def _handle(self, running: RunningJob, form: Form | None) -> JobHandle:
        job = running.job
        asked = job.request if form is None else replace(job.request, format=_format(form))
        return JobHandle(
            running, asked, self.renditions, asked_model=job.requested_model, notes=job.notes
        )

    async def _read(self, record: JobRecord, form: Form | None, *, only: str = "") -> ImageResult:
        images = await self.past.load(record, only=only)
        if form is None:
            return images
        asked = GenerateRequest(prompt=record.prompt, format=_format(form))
        return await self.renditions.apply_requested_format(images, asked)


def _format(form: Form) -> ImageFormat | None:
    """As a request has it: None where the content decides."""
    return None if form == "auto" else ImageFormat(form)
