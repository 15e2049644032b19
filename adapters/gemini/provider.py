"""The Gemini provider: calls Google's Interactions API through the official SDK."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from adapters.gemini.gemini_catalog import gemini_catalog
from adapters.gemini.gemini_connection import Deadline, GeminiConnection
from adapters.gemini.interaction_events import InteractionEvents
from adapters.gemini.interactions import Interaction, delivered, still_running
from adapters.gemini.translate import (
    Parameters,
    check_options,
    interaction_parameters,
    option_notes,
)
from application.ports.image_provider import Accepted, Delivered, PartialImage, ProviderStream
from domain.jobs import Job
from domain.provider_errors import (
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    ProviderUnreachable,
    RateLimited,
    WorkLost,
)
from domain.requests import EditRequest, GenerateRequest, ImageRequest

HANDLE = re.compile(r"[\w~=-][\w.~=-]{0,1999}", re.ASCII)
"""An interaction's ID, which becomes a part of a URL. Google's are base64url after `v1_`."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 4.0
"""Seconds between two questions whether an interaction is over; they grow by half."""
MAX_FAILURES = 5
"""Questions in a row without an answer, after which the call ends. The interaction goes on."""


class GeminiImages:
    """The provider `gemini`, which stores nothing at Google: one request, and its reply.

    The earlier turns of a conversation are sent as text. GeminiConnection says which errors a call
    raises.
    """

    name = "gemini"
    store = False

    def __init__(self, connection: GeminiConnection, *, default_model: str | None = None) -> None:
        self._connection = connection
        self.endpoint = connection.endpoint.shown
        self.catalog = gemini_catalog(default_model, streams=self.store)

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call(job)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call(job)

    async def load(self) -> None:
        """Load what the first call would otherwise wait for; raise what every call raises."""
        await self._connection.load()

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _call(self, job: Job[ImageRequest]) -> ProviderStream:
        deadline = await self._begin()
        interaction = await self._create(job, deadline, None)
        yield self._delivered(interaction, job)

    async def _begin(self) -> Deadline:
        """The deadline of a call, which begins once the SDK is loaded."""
        await self._connection.load()
        return Deadline(self._connection.seconds)

    async def _create(
        self, job: Job[ImageRequest], deadline: Deadline, continuation: str | None
    ) -> Interaction:
        check_options(job.request)
        parameters: Parameters = interaction_parameters(
            job.request, store=self.store, continuation=continuation
        )
        if not self.store:
            parameters["automatic_continuation"] = False  # no SDK may send a second one

        def send(interactions: Any) -> Any:  # noqa: ANN401 - of the SDK
            return interactions.with_streaming_response.create(**parameters)

        return Interaction(await self._connection.read(send, job.card, deadline))

    def _delivered(
        self, interaction: Interaction, job: Job[ImageRequest], previews: int = 0
    ) -> Delivered:
        notes = option_notes(job.request, job.card, previews)
        endpoint = self._connection.endpoint
        return delivered(interaction, job.card, endpoint, stored=self.store, notes=tuple(notes))


class StoredGeminiImages(GeminiImages):
    """The provider `gemini`, which lets Google store interactions and work in the background.

    Google names the work at once, so any process can fetch the image, and a conversation continues
    from its last interaction.
    """

    store = True
    first_wait = FIRST_WAIT

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Read the rest of an interaction, which costs nothing."""
        if not HANDLE.fullmatch(handle):
            raise WorkLost(f"{self._connection.endpoint.title} has no such interaction.")
        deadline = await self._begin()
        async with aclosing(self._follow(job, handle, deadline)) as events:
            async for event in events:
                yield event

    async def _call(self, job: Job[ImageRequest]) -> ProviderStream:
        deadline = await self._begin()
        interaction = await self._create(job, deadline, self._continuation(job.request))
        name = interaction.id
        if not interaction.is_running or not HANDLE.fullmatch(name):
            yield self._delivered(interaction, job)
            return
        yield Accepted(handle=name)
        async with aclosing(self._follow(job, name, deadline)) as events:
            async for event in events:
                yield event

    def _continuation(self, request: ImageRequest) -> str | None:
        """The interaction to continue: it must be this provider's own."""
        context = request.context
        return context.continuation if context and context.provider == self.name else None

    async def _follow(
        self, job: Job[ImageRequest], name: str, deadline: Deadline
    ) -> AsyncGenerator[PartialImage | Delivered, None]:
        """Yield previews, if they are asked for, and then what the interaction delivers."""
        previews = 0
        if job.request.partial_images:
            seen = InteractionEvents(name, job.request.partial_images)
            async with aclosing(self._drafts(job, name, seen, deadline)) as drafts:
                async for draft in drafts:
                    previews += 1
                    yield draft
            if seen.interaction is not None:
                yield self._delivered(seen.interaction, job, previews)
                return
        yield self._delivered(await self._finished(job, name, deadline), job, previews)

    async def _drafts(
        self, job: Job[ImageRequest], name: str, seen: InteractionEvents, deadline: Deadline
    ) -> AsyncGenerator[PartialImage, None]:
        """Yield the drafts of the stream. A stream that breaks off is continued from its cursor.

        Its errors end it: the image is then read without a stream.
        """
        failures = 0

        def send(interactions: Any) -> Any:  # noqa: ANN401 - of the SDK
            more = {"last_event_id": seen.cursor} if seen.cursor else {}
            return interactions.with_streaming_response.get(name, stream=True, **more)

        while not seen.is_over and failures < MAX_FAILURES:
            before = seen.cursor
            try:
                async with aclosing(self._connection.events(send, job.card, deadline)) as events:
                    async for event in events:
                        draft = seen.add(event)
                        if draft is not None:
                            yield draft
            except OutcomeUnknown:
                failures = 0 if seen.cursor != before else failures + 1
                await asyncio.sleep(min(self.first_wait, deadline.left))
                continue
            except ProviderError:
                return
            if seen.cursor == before:
                return

    async def _finished(self, job: Job[ImageRequest], name: str, deadline: Deadline) -> Interaction:
        """Ask until the interaction is over; raise WorkLost if it is not known any more.

        A question that gets no answer is asked again: it is free. Other errors are raised as an
        OutcomeUnknown too, because the work may go on.
        """
        endpoint, failures, wait = self._connection.endpoint, 0, self.first_wait
        missing = f"{endpoint.title} does not have interaction {name}, or no longer."

        def send(interactions: Any) -> Any:  # noqa: ANN401 - of the SDK
            return interactions.with_streaming_response.get(name)

        while True:
            try:
                value = await self._connection.read(send, job.card, deadline, missing=missing)
                interaction, failures = Interaction(value), 0
                if not interaction.is_running:
                    return interaction
            except WorkLost:
                raise
            except (OutcomeUnknown, ProviderUnreachable, RateLimited) as error:
                failures += 1
                if failures == MAX_FAILURES:
                    raise _unknown(error, name) from error
                if isinstance(error, RateLimited):
                    wait = max(wait, error.retry_after or 0)
            except ProviderError as error:
                raise _unknown(error, name) from error
            await asyncio.sleep(min(wait, deadline.left))
            if not deadline.left:
                raise still_running(endpoint, name)
            wait = min(wait * 1.5, LONGEST_WAIT)


def _unknown(error: ProviderError, name: str) -> OutcomeUnknown:
    """The error of accepted work whose outcome could not be read, because of this one."""
    text = f"The outcome of interaction {name} could not be read. {error.message}"
    unknown = OutcomeUnknown(
        text, hint=error.hint if not isinstance(error, ProviderFailed) else None
    )
    unknown.request_id = name
    unknown.raw_remainder = error.raw_remainder
    return unknown
