"""Use case: get the images of an earlier request, by the ID of the job or of an image."""

from dataclasses import replace
from typing import Literal

from application.day_budget import DayBudget
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import JobRunner
from application.jobs.running_job import RunningJob
from application.jobs.stored_results import StoredResults
from application.ports.job_repository import JobRepository
from application.ports.upload_repository import UploadRepository
from application.rendition_service import RenditionService
from domain.delivery_sizes import DeliverySize
from domain.errors import NotFound
from domain.image_formats import ImageFormat
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import LOCAL
from domain.requests import GenerateRequest
from domain.results import ImageResult

Form = ImageFormat | Literal["auto"]
"""A format, or the one that suits the content."""

NO_PROMPT = "-"
"""Stands for a prompt that was cleared."""


class GetImage:
    """Finds a running job, or loads the stored result of a job that ended."""

    def __init__(
        self,
        runner: JobRunner,
        records: JobRepository,
        uploads: UploadRepository,
        stored_results: StoredResults,
        renditions: RenditionService,
        day_budget: DayBudget,
    ) -> None:
        self.runner = runner
        self.records = records
        self.uploads = uploads
        self.stored_results = stored_results
        self.renditions = renditions
        self.day_budget = day_budget

    async def __call__(
        self,
        id_: str,
        /,
        *,
        owner: str = LOCAL,
        form: Form | None = None,
        deliver: DeliverySize | None = None,
    ) -> JobHandle | ImageResult | JobRecord:
        """Return a handle of a job that runs here, or the result of a job that ended.

        For a job that runs in another process, return its record. `id_` is a `job_…` or an `img_…`.
        Without a `form`, the images of a running job are as they were requested, and those of a job
        that ended are as the provider sent them; `deliver` is the size, as of a request. Raises
        NotFound, ArchiveUnavailable, the error that a job failed with, and InvalidRequest for a
        form that cannot be made. Cancels nothing and costs nothing.
        """
        self.renditions.check_format(None if form is None else _format(form))
        if id_.startswith("img_"):
            delivered_by = await self.records.by_image(id_, owner=owner)
            if delivered_by is None:
                return await self._load_upload(OwnedImage(id_, owner), form, deliver)
            return await self._load(delivered_by, form, deliver, only=id_)
        running = self.runner.by_id(id_, owner=owner)
        if running is not None:
            return self._handle(running, form, deliver)
        record = await self.records.get(id_, owner=owner)
        if record is None:
            raise NotFound.of_id("job", id_)
        return record if record.is_open else await self._load(record, form, deliver)

    def _handle(
        self, running: RunningJob, form: Form | None, deliver: DeliverySize | None
    ) -> JobHandle:
        running.add_waiter()
        job = running.job
        request = replace(job.request, deliver=deliver)
        if form is not None:
            request = replace(request, format=_format(form))
        return JobHandle(
            running,
            request,
            self.renditions,
            self.day_budget,
            requested_model=job.requested_model,
            notes=job.notes,
            model_notes=job.notes,
        )

    async def _load(
        self,
        record: JobRecord,
        form: Form | None,
        deliver: DeliverySize | None,
        *,
        only: str = "",
    ) -> ImageResult:
        result = await self.stored_results.load(record, only=only)
        result = replace(result, day_spending=await self.day_budget.beside(result))
        return await self._in_form(result, form, deliver, record.prompt)

    async def _load_upload(
        self, image: OwnedImage, form: Form | None, deliver: DeliverySize | None
    ) -> ImageResult:
        upload = await self.uploads.get(image)
        if upload is None:
            raise await self.stored_results.library.missing(image)
        result = await self.stored_results.load_upload(upload)
        return await self._in_form(result, form, deliver)

    async def _in_form(
        self, result: ImageResult, form: Form | None, deliver: DeliverySize | None, prompt: str = ""
    ) -> ImageResult:
        if form is None and deliver is None:
            return result
        wanted = result.images[0].image.format if form is None else _format(form)
        request = GenerateRequest(prompt=prompt or NO_PROMPT, format=wanted, deliver=deliver)
        return await self.renditions.apply_requested_format(result, request)


def _format(form: Form) -> ImageFormat | None:
    """The format of a request, None if the content decides."""
    return None if form == "auto" else ImageFormat(form)
