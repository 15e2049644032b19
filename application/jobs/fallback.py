"""Another model is asked if the first one's provider provably charged nothing."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from application.jobs.admission import Admission
from application.jobs.job_runner import Execution
from application.jobs.running_job import AnyJob
from domain.errors import ImageServiceError
from domain.events import FallbackStarted, Finished, JobDispatched
from domain.fallbacks import first_failure, may_fall_back, note_of

Serve = Callable[[AnyJob], Execution]
"""Executes a job: from the cache, or else from its provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The model that is asked instead, by its `name` in the request or the setting.

    `job` has the ID of the first job, and asks that model. It is None if the model cannot serve the
    request; `refusal` says why. `admit` admits that job.
    """

    name: str
    job: AnyJob | None = None
    refusal: str = ""
    admit: Admission | None = None

    async def admitted(self, error: ImageServiceError) -> AnyJob:
        """The job, if it may be started after this error of the first one; else raise the error.

        Its hint then says why the fallback was not asked.
        """
        if self.job is None:
            raise _not_asked(error, self.name, self.refusal)
        try:
            if self.admit is not None:
                await self.admit(self.job)
        except ImageServiceError as refusal:
            raise _not_asked(error, self.name, refusal.message) from refusal
        return self.job


async def with_fallback(serve: Serve, job: AnyJob, fallback: Fallback | None) -> Execution:
    """The events of the job; then those of the fallback, if the first job ends without a charge.

    Of two errors, that of the fallback is raised if it was sent, else the first one.
    """
    try:
        async with aclosing(serve(job)) as events:
            async for event in events:
                yield event
        return
    except ImageServiceError as error:
        if fallback is None or not may_fall_back(error):
            raise
        first = error
    second, sent = await fallback.admitted(first), False
    note = note_of(job.provider, first, fallback.name)
    yield FallbackStarted.of(second, first, failed=job.provider, note=note)
    try:
        async with aclosing(serve(replace(second, notes=(note, *second.notes)))) as events:
            async for event in events:
                sent = sent or isinstance(event, JobDispatched)
                if isinstance(event, Finished):
                    notes = (note, *event.result.notes)
                    event = replace(event, result=replace(event.result, notes=notes))
                yield event
    except ImageServiceError as error:
        if not sent:
            raise _not_asked(first, fallback.name, error.message) from error
        error.hint = f"{error.hint} {first_failure(job.provider, first)}".strip()
        raise


def _not_asked(error: ImageServiceError, name: str, reason: str) -> ImageServiceError:
    error.hint = f"{error.hint} The fallback {name} was not asked: {reason}".strip()
    return error
