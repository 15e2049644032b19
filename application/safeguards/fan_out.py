"""Safeguard: several images from a provider that generates one in a call."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
    StreamEvent,
)
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.counts import count
from domain.errors import ChargeStatus
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.each_image_pricing import EachImagePricing
from domain.provider_errors import OutcomeUnknown, ProviderError, WorkLost, is_readable_later
from domain.requests import MAX_IMAGES, ImageRequest
from domain.results import Usage

NOT_ACCEPTED = "The server ended before the provider accepted this image."
CRASHED = "The server could not read the reply."
MAX_QUEUED = 8
"""Events of all calls that wait for the reader; previews are large."""


class FanOut(Safeguard):
    """Serves a request for n images with n calls at once, if the model makes one in each.

    Its catalog allows up to MAX_IMAGES images of such a model. The images are in the order of the
    calls. If some calls fail, the others are delivered with a note for each failed one; the usage
    is then unknown unless every call told what it cost. If all fail, raises the error of a call
    that may have been charged, if there is one, and of those one after which the outcome can be
    read later. Each call that is accepted adds its handle.
    """

    def __init__(self, inner: ImageProvider) -> None:
        super().__init__(inner)
        self._one_each = {card.name for card in inner.catalog.cards if card.max_images == 1}
        self._unknown_one_each = inner.catalog.fallback_card.max_images == 1

    @property
    def catalog(self) -> Catalog:
        catalog = self.inner.catalog
        cards = tuple(map(_several, catalog.cards))
        return replace(catalog, cards=cards, fallback_card=_several(catalog.fallback_card))

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        if not self._fans_out(job):
            async with aclosing(call_next(job)) as stream:
                async for event in stream:
                    yield event
            return
        one = replace(job, request=replace(job.request, n=1))
        calls = [lambda: call_next(one)] * job.request.n
        async with aclosing(_merge(Parts(job.request.n), calls)) as merged:
            async for event in merged:
                yield event

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        if not self._fans_out(job):
            async with aclosing(self.resume_inner(job, handle)) as stream:
                async for event in stream:
                    yield event
            return
        one = replace(job, request=replace(job.request, n=1))
        handles: list[str | None] = json.loads(handle)
        calls = [self._resume_part(one, part) for part in handles]
        async with aclosing(_merge(Parts(len(handles)), calls)) as merged:
            async for event in merged:
                yield event

    def _fans_out(self, job: Job[ImageRequest]) -> bool:
        is_one = job.card.name in self._one_each if job.card.is_known else self._unknown_one_each
        return is_one and job.request.n > 1

    def _resume_part(
        self, job: Job[ImageRequest], handle: str | None
    ) -> Callable[[], ProviderStream]:
        return lambda: self._resume_one(job, handle)

    async def _resume_one(self, job: Job[ImageRequest], handle: str | None) -> ProviderStream:
        if handle is None:
            raise WorkLost(NOT_ACCEPTED)
        async with aclosing(self.resume_inner(job, handle)) as stream:
            async for event in stream:
                yield event


def _several(card: ModelCard) -> ModelCard:
    """The card of a model that makes one image a call; previews of several calls do not mix."""
    if card.max_images != 1:
        return card
    pricing = card.pricing and EachImagePricing(card.pricing)
    return replace(card, max_images=MAX_IMAGES, streams_several=card.streams, pricing=pricing)


@dataclass(slots=True)
class Parts:
    """How far the calls for a number of images are."""

    number: int
    handles: list[str | None] = field(init=False)
    delivered: dict[int, Delivered] = field(default_factory=dict)
    errors: dict[int, ProviderError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handles = [None] * self.number

    def read(self, part: int, event: StreamEvent) -> StreamEvent | None:
        """Take an event of one call; return what a reader of the whole job gets of it."""
        match event:
            case Delivered():
                self.delivered[part] = event
                return None
            case Accepted(handle=handle):
                self.handles[part] = handle
                handles = json.dumps(self.handles, separators=(",", ":"))
                return Accepted(handle=handles, is_whole=not any(map(self._is_sent, self._parts)))
            case PartialImage():
                return replace(event, image_index=part)
            case _:
                return event

    @property
    def _parts(self) -> range:
        return range(self.number)

    def _is_sent(self, part: int) -> bool:
        """Whether this call has neither been accepted nor ended."""
        has_ended = part in self.delivered or part in self.errors
        return self.handles[part] is None and not has_ended

    def result(self) -> Delivered:
        """The images of all calls; raise the worst error if there are none."""
        if not self.delivered:
            raise self._worst()
        in_order = [self.delivered[part] for part in sorted(self.delivered)]
        first = in_order[0]
        notes = [note for each in in_order for note in each.notes]
        return replace(
            first,
            images=tuple(image for each in in_order for image in each.images),
            undecodable=tuple(data for each in in_order for data in each.undecodable),
            usage=self._usage(),
            notes=(*notes, *self._failures()),
            continuation=first.continuation if self.number == 1 else None,
        )

    def _usage(self) -> Usage | None:
        """What all calls used; None unless each of them told, or failed without a charge."""
        known = [each.usage for each in self.delivered.values()]
        charged = [each for each in self.errors.values() if each.charged is not ChargeStatus.NO]
        total: Usage | None = None
        for usage in (*known, *(error.usage for error in charged)):
            if usage is None:
                return None
            total = usage if total is None else total + usage
        return total

    def _failures(self) -> list[str]:
        texts = {
            ChargeStatus.NO: "It was not charged.",
            ChargeStatus.MAYBE: "It may have been charged.",
            ChargeStatus.YES: "It was charged.",
        }
        failed = sorted(self.errors.items())
        return [
            f"Image {part + 1} of {count(self.number, 'image')} failed: {error.message} "
            f"{texts[error.charged]}"
            for part, error in failed
        ]

    def _worst(self) -> ProviderError:
        order = (ChargeStatus.MAYBE, ChargeStatus.YES, ChargeStatus.NO)

        def rank(error: ProviderError) -> tuple[int, bool]:
            return order.index(error.charged), not is_readable_later(error)

        error = min(self.errors.values(), key=rank)
        unknown = error.charged is ChargeStatus.MAYBE
        error.usage = None if unknown else self._usage()
        return error


async def _merge(parts: Parts, calls: Sequence[Callable[[], ProviderStream]]) -> ProviderStream:
    """Read all calls at once; yield what a reader of the job gets, and one Delivered, last."""
    events: asyncio.Queue[StreamEvent | None] = asyncio.Queue(MAX_QUEUED)
    crashes: list[Exception] = []

    async def read(part: int, call: Callable[[], ProviderStream]) -> None:
        try:
            async with aclosing(call()) as stream:
                async for event in stream:
                    passed_on = parts.read(part, event)
                    if passed_on is not None:
                        await events.put(passed_on)
        except ProviderError as error:
            parts.errors[part] = error
        except Exception as error:  # noqa: BLE001 - raised below, in the task of the job
            crashes.append(error)
            parts.errors[part] = OutcomeUnknown(CRASHED)
        await events.put(None)

    async with _running([read(part, call) for part, call in enumerate(calls)]):
        ended = 0
        while ended < len(calls):
            event = await events.get()
            if event is None:
                ended += 1
            else:
                yield event
    if crashes and not parts.delivered:
        raise crashes[0]
    yield parts.result()


@asynccontextmanager
async def _running(works: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run these in tasks of their own; cancel what is left of them at the end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
