"""Use case: have what was asked for before, by the name of the job or of the picture."""

from dataclasses import replace

from application.past_pictures import PastPictures
from application.ports.journal import Journal
from application.renditions import Renditions
from application.running_jobs import RunningJobs
from application.ticket import Ticket
from domain.formats import ImageFormat
from domain.jobs import LOCAL
from domain.records import JobRecord
from domain.requests import GenerateRequest
from domain.results import ImageSet

AS_IT_IS = ImageFormat.PNG
"""Asked for as PNG a picture stays what the provider sent: see `domain.renditions.wanted`."""


class GetImage:
    """Waits for a job that is at work, or reads what one that ended has made."""

    def __init__(
        self, jobs: RunningJobs, journal: Journal, past: PastPictures, renditions: Renditions
    ) -> None:
        self.jobs = jobs
        self.journal = journal
        self.past = past
        self.renditions = renditions

    async def __call__(
        self, id_: str, /, *, owner: str = LOCAL, form: ImageFormat | None = AS_IT_IS
    ) -> Ticket | ImageSet | JobRecord:
        """A ticket for a job at work here, or the answer of one that ended.

        The record only, of a job that another process has at work. `id_` is a `job_…` or an
        `img_…`; `form` is the format wanted, None where the content decides.
        Raises NotFound, ArchiveUnavailable, and what a job failed with. Asking cancels nothing
        and costs nothing.
        """
        if id_.startswith("img_"):
            record = await self.journal.with_picture(id_, owner=owner)
            return await self._read(record, form, only=id_)
        running = self.jobs.at_work(id_, owner=owner)
        if running is not None:
            asked = replace(running.job.request, format=form)
            asked_model = running.job.asked_model
            return Ticket(running, asked, self.renditions, asked_model=asked_model, notes=())
        record = await self.journal.find(id_, owner=owner)
        return record if record.is_open else await self._read(record, form)

    async def _read(
        self, record: JobRecord, form: ImageFormat | None, *, only: str = ""
    ) -> ImageSet:
        images = await self.past.of(record, only=only)
        asked = GenerateRequest(prompt=record.prompt, format=form)
        return await self.renditions.as_asked(images, asked)
