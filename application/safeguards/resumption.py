"""Safeguard: work that a provider has accepted is read to its end, over as many connections."""

from contextlib import aclosing

from application.ports.image_provider import Accepted, ImageProvider, PartialImage, ProviderStream
from application.safeguards.retry import RetryLoop
from application.safeguards.safeguard import CallNext, R, Safeguard, is_resumable
from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown, ProviderTimedOut, WorkLost
from domain.requests import ImageRequest


class Resumption(Safeguard):
    """Reads on under the handle when the connection to accepted work breaks off.

    That sends nothing and costs nothing. Each preview is passed on once. Raises the last error once
    the loop of `attempts` ends; ProviderTimedOut, because the deadline of the call has passed, and
    WorkLost at once.
    """

    def __init__(self, inner: ImageProvider, attempts: RetryLoop) -> None:
        super().__init__(inner)
        self.attempts = attempts

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        handle: str | None = None
        previews = SeenPreviews()
        try:
            async with aclosing(call_next(job)) as stream:
                async for event in stream:
                    if isinstance(event, Accepted):
                        handle = event.handle
                    elif isinstance(event, PartialImage):
                        previews.add(event)
                    yield event
            return
        except OutcomeUnknown as error:
            if handle is None or not (may_ask_again(error) and is_resumable(self.inner)):
                raise
        async with aclosing(self._read(job, handle, previews)) as rest:
            async for event in rest:
                yield event

    def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        return self._read(job, handle, SeenPreviews())

    async def _read(
        self, job: Job[ImageRequest], handle: str, previews: "SeenPreviews"
    ) -> ProviderStream:
        async for attempt in self.attempts(may_ask_again):
            with attempt:
                async with aclosing(self.resume_inner(job, handle)) as stream:
                    async for event in stream:
                        if not (isinstance(event, PartialImage) and previews.has(event)):
                            yield event
                return


class SeenPreviews:
    """The previews of a job that were passed on, by image."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def add(self, preview: PartialImage) -> None:
        """Note that this preview was passed on."""
        self._next[preview.image_index] = preview.index + 1

    def has(self, preview: PartialImage) -> bool:
        """Whether this preview, or a later one of its image, was passed on; it counts as such."""
        seen = preview.index < self._next.get(preview.image_index, 0)
        if not seen:
            self.add(preview)
        return seen


def may_ask_again(error: Exception) -> bool:
    """Whether the outcome of accepted work may still be read after this error."""
    return isinstance(error, OutcomeUnknown) and not isinstance(error, WorkLost | ProviderTimedOut)
