"""One caller's hold on a job, which other callers may share."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from application.jobs.job_snapshot import snapshot
from application.jobs.running_job import AnyJob, RunningJob
from application.rendition_service import RenditionService
from domain.events import Failed, Finished, JobEvent
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult, ServedFrom


class JobHandle:
    """A job as one caller requested it: with that caller's model name, notes and renditions.

    Its caller is counted as waiting before the handle is created, and counts until it has read the
    events or stopped reading. If it never begins to read, the job goes on to its end.
    """

    def __init__(
        self,
        running: RunningJob,
        request: ImageRequest,
        renditions: RenditionService,
        *,
        requested_model: str,
        notes: tuple[str, ...],
        joined: bool = False,
    ) -> None:
        self._first_reader_is_counted = True
        self._running = running
        self._request = request
        self._renditions = renditions
        self._requested_model = requested_model
        self._notes = notes
        self._joined = joined
        self.end: Finished | Failed | None = None
        """How the job ended for this caller, once it has read that far."""

    @property
    def job(self) -> AnyJob:
        """The job, which an equal request of another caller may have started."""
        return self._running.job

    @property
    def snapshot(self) -> JobRecord:
        """The state of the job now."""
        return snapshot(self._running)

    @property
    def request(self) -> ImageRequest:
        """What this caller requested."""
        return self._request

    def retain(self) -> None:
        """Wait for the job without reading: until `release` it is not canceled."""
        self._running.add_waiter()

    def release(self) -> None:
        """Take one `retain` back."""
        self._running.remove_waiter()

    async def events(
        self, cursor: int = 0, *, drop_superseded: bool = False
    ) -> AsyncGenerator[JobEvent, None]:
        """All events from `cursor` on, to the last; read them under `contextlib.aclosing`.

        With `drop_superseded` a slow reader skips previews of which there are later ones. Leaving
        before the request was sent cancels the job if no other caller waits for it; after that it
        only detaches, because the image may already be paid for.
        """
        if not self._first_reader_is_counted:
            self._running.add_waiter()
        self._first_reader_is_counted = False
        try:
            async with aclosing(
                self._running.log.read(cursor, drop_superseded=drop_superseded)
            ) as events:
                async for _, event in events:
                    if isinstance(event, Finished):
                        event = await self._personalize(event)
                    self.end = event if isinstance(event, Finished | Failed) else None
                    yield event
        finally:
            self._running.remove_waiter()

    async def result(self) -> ImageResult:
        """Wait for the end; raise the ImageServiceError that the job failed with."""
        async with aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Finished | Failed):
                    return self.outcome(event)
        raise AssertionError("a log ends with Finished or Failed")

    def outcome(self, end: Finished | Failed) -> ImageResult:
        """Return the result that the last event has; raise the error that it stands for.

        In the process that ran the job, that is the ImageServiceError that the job raised.
        """
        if isinstance(end, Finished):
            return end.result
        raise self._running.error or end.failure.to_error()

    async def _personalize(self, event: Finished) -> Finished:
        result = await self._renditions.apply_requested_format(event.result, self._request)
        shared = self._joined and result.served_from == ServedFrom.PROVIDER
        result = replace(
            result,
            requested_model=self._requested_model,
            notes=(*self._notes, *result.notes),
            served_from=ServedFrom.JOINED if shared else result.served_from,
        )
        return replace(event, result=result)
