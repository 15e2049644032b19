"""Follows a response that is generated in the background, over as many connections as it takes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from adapters.openai.connection import Connection, Send
from adapters.openai.responses.response_format import (
    NO_END,
    SECONDS_AFTER_IMAGE,
    ResponsesFormat,
    Unfinished,
)
from adapters.openai.responses.unread_response import (
    is_about_the_response,
    is_refused,
    is_unknown,
    late_error,
    lost_error,
    unread_error,
)
from application.ports.image_provider import Accepted, Delivered, ProviderEvent
from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown, ProviderError, RateLimited
from domain.requests import ImageRequest

MAX_FAILURES = 5
"""Reads that fail in a row, after which the caller decides whether to ask again."""
ReadEvents = AsyncGenerator[ProviderEvent, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two reads: `first`, then `growth` times as many, up to `most`.

    OpenAI's own example reads every 2 seconds. Source: developers.openai.com/docs/guides/background
    read on 2026-11-28.
    """

    first: float = 1.0
    growth: float = 1.3
    most: float = 3.0

    def after(self, seconds: float) -> float:
        """The wait that follows one of this many seconds."""
        return min(seconds * self.growth, self.most)


class BackgroundResponse:
    """One response, from its request or from its ID until it ends.

    All of it takes the connection's deadline at most; then ProviderTimedOut is raised. Once the ID
    is known, a read that fails is repeated, MAX_FAILURES times in a row at most, and its error
    is an OutcomeUnknown: the response goes on without a reader. Closing the stream cancels nothing.
    """

    def __init__(
        self, connection: Connection, job: Job[ImageRequest], form: ResponsesFormat, pace: Pace
    ) -> None:
        assert form.progress is not None, "it is read in parts"
        self._connection, self._job, self._form, self._pace = connection, job, form, pace
        self._progress = form.progress
        self._streams = job.request.partial_images > 0
        self._ends_at = _now() + connection.deadline
        self._arrived: Delivered | None = None  # an image whose token counts are still to come

    async def create(self, send: Send) -> ReadEvents:
        """Send the request, and yield what an ImageProvider does, Accepted first."""
        is_named = is_delivered = False
        try:
            async with aclosing(self._read(send)) as events:
                async for event in events:
                    is_named = is_named or isinstance(event, Accepted)
                    is_delivered = isinstance(event, Delivered)
                    yield event
        except Unfinished as unfinished:
            self._progress.status, self._progress.handle = unfinished.status, unfinished.handle
        except OutcomeUnknown:
            if not self._progress.handle:
                raise
        if is_delivered:
            return
        if not is_named:
            yield Accepted(handle=self._progress.handle)
        async with aclosing(self.rest(is_new=True)) as events:
            async for event in events:
                yield event

    async def rest(self, *, is_new: bool = False) -> ReadEvents:
        """Read the response whose ID is known: yield previews, then Delivered.

        `is_new`: the endpoint has just named it, so that one that is not found may appear yet.
        """
        try:
            async with aclosing(self._until_it_ends(is_new=is_new)) as events:
                async for event in events:
                    yield event
        except ProviderError:
            if self._arrived is None:
                raise
            yield self._arrived

    async def _until_it_ends(self, *, is_new: bool) -> ReadEvents:
        wait, failures = self._pace.first, 0
        if is_new:
            await self._sleep(wait)
        while True:
            asked_for, cursor = wait, self._progress.cursor
            try:
                async with aclosing(self._attempt()) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, Delivered):
                            return
                failures = 0
            except Unfinished as unfinished:
                self._progress.status, failures = unfinished.status, 0
            except ProviderError as error:
                failures += 1
                self._check(error, failures, is_new=is_new)
                asked_for = _asked_wait(error)
            if self._progress.cursor != cursor:
                wait, failures = self._pace.first, 0
            await self._sleep(max(wait, asked_for))
            wait = self._pace.after(wait)

    async def _attempt(self) -> ReadEvents:
        """Read the response as it is; if it has not ended, and there are previews, its events."""
        try:
            async with aclosing(self._read(self._get())) as events:
                async for event in events:
                    yield event
            return
        except Unfinished as unfinished:
            if not self._streams:
                raise
            self._progress.status = unfinished.status
        after = {} if self._progress.cursor is None else {"starting_after": self._progress.cursor}
        try:
            async with aclosing(self._read(self._get(stream=True, **after))) as events:
                async for event in events:
                    if not isinstance(event, Accepted):
                        yield event
        except ProviderError as error:
            if not is_refused(error):
                raise
            self._streams = False  # its state can be read, its events cannot

    async def _read(self, send: Send) -> ReadEvents:
        """The events of one call; an image without the end of its response is set aside."""
        call = self._connection.call(send, self._job, self._form, ends_at=self._ends_at)
        async with aclosing(call) as events:
            async for event in events:
                is_early = isinstance(event, Delivered) and NO_END in event.notes
                if is_early and self._progress.handle:
                    self._arrived = event  # type: ignore[assignment] # a Delivered, as checked
                    self._ends_at = min(self._ends_at, _now() + SECONDS_AFTER_IMAGE)
                else:
                    yield event

    def _get(self, **options: Any) -> Send:  # noqa: ANN401 - options of `responses.retrieve`
        handle = self._progress.handle
        return lambda client: client.responses.with_streaming_response.retrieve(handle, **options)

    def _check(self, error: ProviderError, failures: int, *, is_new: bool) -> None:
        """Return if the read is to be repeated; else raise the error that its failure means."""
        if is_about_the_response(error):
            raise error
        title = self._connection.title
        if _now() >= self._ends_at:
            raise late_error(title, self._progress.status, error) from error
        if is_unknown(error) and not is_new:
            raise lost_error(title, error) from error
        if failures >= MAX_FAILURES or (is_refused(error) and not is_unknown(error)):
            raise unread_error(title, error) from error

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not beyond the deadline, at which the next read raises ProviderTimedOut."""
        await asyncio.sleep(min(seconds, max(0.0, self._ends_at - _now())))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _asked_wait(error: ProviderError) -> float:
    """The seconds that the endpoint asks to wait; 0 if it asks for none."""
    return (error.retry_after or 0.0) if isinstance(error, RateLimited) else 0.0
