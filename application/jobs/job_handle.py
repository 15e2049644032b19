"""What one caller holds while a job is at work, perhaps together with others."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from application.jobs.job_snapshot import snapshot
from application.jobs.running_job import AnyJob, RunningJob, superseded
from application.rendition_service import RenditionService
from domain.events import Failed, Finished, JobEvent
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult, ServedFrom


class JobHandle:
    """A job as one caller asked for it: their name for the model, notes and renditions for them.

    Whoever gets one is waited for from then on, until they have read it or stopped reading. If
    they never begin, the job goes on to its end.
    """

    def __init__(
        self,
        running: RunningJob,
        asked: ImageRequest,
        renditions: RenditionService,
        *,
        asked_model: str,
        notes: tuple[str, ...],
        joined: bool = False,
    ) -> None:
        running.add_waiter()
        if joined:
            running.add_joined_caller()
        self._first_reader_is_counted = True
        self._running = running
        self._asked = asked
        self._renditions = renditions
        self._asked_model = asked_model
        self._notes = notes
        self._joined = joined
        self.end: Finished | Failed | None = None
        """How it ended for this caller, once they have read that far."""

    @property
    def job(self) -> AnyJob:
        """The job, which may have been started by somebody else's equal request."""
        return self._running.job

    @property
    def snapshot(self) -> JobRecord:
        """How the job stands now."""
        return snapshot(self._running)

    def retain(self) -> None:
        """Wait for the job without reading: until `let_go` it is not given up."""
        self._running.add_waiter()

    def release(self) -> None:
        """Take one `hold` back."""
        self._running.remove_waiter()

    @property
    def request(self) -> ImageRequest:
        """What this caller asked for."""
        return self._asked

    async def events(
        self, cursor: int = 0, *, skim: bool = False
    ) -> AsyncGenerator[JobEvent, None]:
        """All events from `cursor` on, until the last; read it under `contextlib.aclosing`.

        With `skim` a slow reader is spared previews that have been followed by finer ones.
        Leaving before the request was sent cancels the job if nobody else waits for it; after
        that it only detaches, because the picture may already be paid for.
        """
        if not self._first_reader_is_counted:
            self._running.add_waiter()
        self._first_reader_is_counted = False
        try:
            async with aclosing(
                self._running.log.read(cursor, superseded if skim else None)
            ) as events:
                async for event in events:
                    told = await self._personalize(event) if isinstance(event, Finished) else event
                    self.end = told if isinstance(told, Finished | Failed) else None
                    yield told
        finally:
            self._running.remove_waiter()

    async def result(self) -> ImageResult:
        """Wait for the end; raise the StudioError that the job failed with."""
        async with aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.result
                if isinstance(event, Failed):
                    raise event.error
        raise AssertionError("a log ends with Finished or Failed")

    async def _personalize(self, event: Finished) -> Finished:
        images = await self._renditions.apply_requested_format(event.result, self._asked)
        notes = (*self._notes, *images.notes)
        mine = replace(images, requested_model=self._asked_model, notes=notes)
        if self._joined and images.served_from == ServedFrom.PROVIDER:
            mine = replace(mine, served_from=ServedFrom.JOINED)
        return replace(event, result=mine)
