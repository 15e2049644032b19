"""Safeguard: nothing that a provider sends is believed unseen."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from application.async_tools import carried_through
from application.ports.image_inspector import ImageInspector
from application.ports.image_provider import Delivered, ImageProvider, Painting
from application.safeguards.safeguard import Safeguard
from domain.errors import Charged, UnreadableImage
from domain.jobs import Job
from domain.provider_errors import BadProviderReply
from domain.requests import PictureRequest
from domain.results import Picture

R = TypeVar("R", bound=PictureRequest)

MAY_TAKE = 10.0
"""Seconds for a look into all pictures of a reply; one JPEG of 50 megapixels takes about one."""
UNSEEN = "it could not be looked into; it may be broken"


class Inspected(Safeguard):
    """Delivers whole pictures, labeled where they are not of the size that was asked.

    Another format is no matter here: the caller gets a rendition in the right one.
    What is no picture becomes rubbish; what cannot be looked into, or not in time, is kept with a
    note, because it was paid for. Raises BadProviderReply when no picture is left.
    """

    def __init__(self, inner: ImageProvider, inspector: ImageInspector) -> None:
        super().__init__(inner)
        self.inspector = inspector

    async def guard(self, job: Job[R], paint: Callable[[Job[R]], Painting]) -> Painting:
        async with aclosing(paint(job)) as painting:
            async for event in painting:
                if isinstance(event, Delivered):
                    yield await carried_through(self._inspected(event, job.request))
                else:
                    yield event

    async def _inspected(self, came: Delivered, request: PictureRequest) -> Delivered:
        good: list[Picture] = []
        rubbish, reasons = list(came.rubbish), []
        deadline = asyncio.get_running_loop().time() + MAY_TAKE
        for picture in came.pictures:
            try:
                notes = [*await self._doubts(picture, deadline), *_labels(picture, request)]
            except UnreadableImage as error:
                rubbish.append(picture.image.data)
                reasons.append(error.message)
            else:
                good.append(replace(picture, notes=(*picture.notes, *notes)))
        if not good:
            raise _bad_reply(came, rubbish, reasons)
        told = (*came.notes, *_count_note(len(good), request.n), *reasons)
        return replace(came, pictures=tuple(good), rubbish=tuple(rubbish), notes=told)

    async def _doubts(self, picture: Picture, deadline: float) -> list[str]:
        try:
            async with asyncio.timeout_at(deadline):
                await self.inspector.inspect(picture.image)
        except UnreadableImage:
            raise
        except Exception:  # noqa: BLE001 - too late, or out of order: the picture was paid for
            return [UNSEEN]
        return []


def _labels(picture: Picture, request: PictureRequest) -> list[str]:
    """Raises UnreadableImage for what does not even begin like a picture."""
    size = picture.image.dimensions
    if request.size is None or size == request.size:
        return []
    return [f"asked for {request.size}, the provider sent {size}"]


def _count_note(came: int, asked: int) -> list[str]:
    if came == asked:
        return []
    return [f"Asked for {asked} picture(s), and {came} could be kept."]


def _bad_reply(came: Delivered, rubbish: list[bytes], reasons: list[str]) -> BadProviderReply:
    said = reasons[0] if reasons else "The reply holds no picture."
    error = BadProviderReply(
        f"The provider answered without a usable picture. {said}",
        rubbish=[data for data in rubbish if data],
    )
    error.request_id = came.request_id
    if came.usage is not None:
        error.charged = Charged.YES
    return error
