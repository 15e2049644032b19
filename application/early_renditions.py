"""Renditions that are begun while their images are still being stored."""

from collections.abc import Sequence

from application.jobs.job_runner import JobRunner
from application.jobs.running_job import AnyJob
from application.rendition_service import RenditionService
from domain.results import ResultImage


class EarlyRenditions:
    """Begins the renditions that the waiting callers of a job will ask for.

    A caller asks for its rendition only when the job has finished, after the images were stored.
    The rendition is being made by then, or is cached. If storing fails or the caller leaves, it was
    made in vain.
    """

    def __init__(self, jobs: JobRunner, renditions: RenditionService) -> None:
        self._jobs = jobs
        self._renditions = renditions

    def begin(self, job: AnyJob, images: Sequence[ResultImage]) -> None:
        """Begin them for these images, which have arrived and are intact; return at once."""
        running = self._jobs.by_id(job.id, owner=job.owner)
        expected = () if running is None else running.expected
        for image in images:
            specs = {self._renditions.spec_for(image.image, *each) for each in expected}
            for spec in filter(None, specs):
                self._renditions.begin(image.image, spec)
