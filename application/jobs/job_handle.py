"""One caller's handle of a job, which other callers may share."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from application.conversations import OpenTurn
from application.day_budget import DayBudget
from application.jobs.job_snapshot import snapshot
from application.jobs.running_job import AnyJob, RunningJob
from application.rendition_service import RenditionService
from domain.events import Failed, Finished, JobEvent
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult, ServedFrom


class JobHandle:
    """A job as one caller requested it: with that caller's model name, notes and renditions.

    The caller counts as waiting from before the handle is created until it has read all events or
    stopped reading. If it never reads any, the job runs to its end.
    """

    def __init__(
        self,
        running: RunningJob,
        request: ImageRequest,
        renditions: RenditionService,
        day_budget: DayBudget,
        *,
        requested_model: str,
        notes: tuple[str, ...],
        shared_key: str = "",
        model_notes: tuple[str, ...] = (),
        joined: bool = False,
        turn: OpenTurn | None = None,
    ) -> None:
        self._first_reader_is_counted = True
        self._running = running
        self._request = request
        self._renditions = renditions
        self._day_budget = day_budget
        self._requested_model = requested_model
        self._notes = notes
        self._shared_key = shared_key
        self._model_notes = model_notes
        """Those of `notes` that are about the model of the request, and not about a fallback."""
        self._joined = joined
        self._turn = turn
        self.end: Finished | Failed | None = None
        """The last event as this caller gets it, once the caller has read that far."""

    @property
    def job(self) -> AnyJob:
        """The job, which another caller's equal request may have started."""
        return self._running.job

    @property
    def snapshot(self) -> JobRecord:
        """The state of the job now."""
        return snapshot(self._running)

    @property
    def delivered(self) -> ImageResult | None:
        """The result before this caller's renditions, if the job has delivered; raises nothing.

        Its `job_id` is that of the earlier job for a result from the cache.
        """
        milestones = self._running.milestones
        last = milestones[-1].event if milestones else None
        return last.result if isinstance(last, Finished) else None

    @property
    def request(self) -> ImageRequest:
        """The request of this caller."""
        return self._request

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed in the request of this caller, known before there is a result."""
        return self._notes

    def retain(self) -> None:
        """Count as waiting without reading: the job is not canceled before `release`."""
        self._running.add_waiter()

    def release(self) -> None:
        """Undo one `retain`."""
        self._running.remove_waiter()

    def expect_images(self, *, max_bytes: int) -> None:
        """Say that this caller will show the images, each in at most `max_bytes` bytes.

        Renditions and previews that it needs are then begun while the images are being stored.
        """
        self._running.expected.append((self._request, max_bytes))

    async def events(
        self, cursor: int = 0, *, drop_superseded: bool = False
    ) -> AsyncGenerator[JobEvent, None]:
        """All events from `cursor` to the last; read them under `contextlib.aclosing`.

        With `drop_superseded` a slow reader skips previews that a later one supersedes. Leaving
        before the request is sent cancels the job if no other caller waits for it. Leaving later
        only detaches, because the image may already be billed.
        """
        numbered = self.numbered_events(cursor, drop_superseded=drop_superseded)
        async with aclosing(numbered) as events:
            async for _, event in events:
                yield event

    async def numbered_events(
        self, cursor: int = 0, *, drop_superseded: bool = False
    ) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """The same events, each with its number in the job's log."""
        if not self._first_reader_is_counted:
            self._running.add_waiter()
        self._first_reader_is_counted = False
        try:
            async with aclosing(
                self._running.log.read(cursor, drop_superseded=drop_superseded)
            ) as events:
                async for number, event in events:
                    if isinstance(event, Finished):
                        event = await self._personalize(event)
                    self.end = event if isinstance(event, Finished | Failed) else None
                    yield number, event
        finally:
            self._running.remove_waiter()

    async def result(self) -> ImageResult:
        """Wait for the result; raise the ImageServiceError that the job failed with."""
        async with aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Finished | Failed):
                    return self.outcome(event)
        raise AssertionError("a log ends with Finished or Failed")

    def outcome(self, end: Finished | Failed) -> ImageResult:
        """Return the result in the last event, or raise its error.

        In the process that ran the job, the error is the ImageServiceError that the job raised.
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
            requested_size=self.job.card.requested_size(self._request),
            notes=self._notes_on(result),
            served_from=ServedFrom.JOINED if shared else result.served_from,
        )
        if self._turn is not None:
            result = await self._turn.end(result)
        result = replace(result, day_spending=await self._day_budget.beside(result))
        return replace(event, result=result)

    def _notes_on(self, result: ImageResult) -> tuple[str, ...]:
        """The notes of this caller and of the result: of a fallback, those about its model.

        A caller that asked for the model of the fallback itself is not told of any fallback.
        """
        note, own = self._running.fallback_note, self._notes
        if not note:
            return (*own, *result.notes)
        if self._shared_key == self.job.shared_key:
            return (*own, *(each for each in result.notes if each != note))
        others = (each for each in own if each not in self._model_notes)
        return (*result.notes[:1], *others, *self.job.notes, *result.notes[1:])
