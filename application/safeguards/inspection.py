"""Safeguard: nothing that a provider sends is believed unseen."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from application.async_tools import run_to_completion
from application.ports.image_inspector import ImageInspector
from application.ports.image_provider import Delivered, ImageProvider, ProviderStream
from application.safeguards.safeguard import Safeguard
from domain.errors import ChargeStatus, UnreadableImage
from domain.jobs import Job
from domain.provider_errors import BadProviderReply
from domain.requests import ImageRequest
from domain.results import ResultImage

R = TypeVar("R", bound=ImageRequest)

INSPECTION_TIMEOUT = 10.0
"""Seconds for a look into all pictures of a reply; one JPEG of 50 megapixels takes about one."""
NOT_INSPECTED = "it could not be looked into; it may be broken"


class Inspection(Safeguard):
    """Delivers whole pictures, labeled where they are not of the size that was asked.

    Another format is no matter here: the caller gets a rendition in the right one.
    What is no picture becomes rubbish; what cannot be looked into, or not in time, is kept with a
    note, because it was paid for. Raises BadProviderReply when no picture is left.
    """

    def __init__(self, inner: ImageProvider, inspector: ImageInspector) -> None:
        super().__init__(inner)
        self.inspector = inspector

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        async with aclosing(paint(job)) as painting:
            async for event in painting:
                if isinstance(event, Delivered):
                    yield await run_to_completion(self._inspect(event, job.request))
                else:
                    yield event

    async def _inspect(self, came: Delivered, request: ImageRequest) -> Delivered:
        good: list[ResultImage] = []
        rubbish, reasons = list(came.undecodable), []
        deadline = asyncio.get_running_loop().time() + INSPECTION_TIMEOUT
        for picture in came.images:
            try:
                notes = [
                    *await self._inspection_notes(picture, deadline),
                    *_size_notes(picture, request),
                ]
            except UnreadableImage as error:
                rubbish.append(picture.image.data)
                reasons.append(error.message)
            else:
                good.append(replace(picture, notes=(*picture.notes, *notes)))
        if not good:
            raise _bad_reply(came, rubbish, reasons)
        told = (*came.notes, *_count_note(len(good), request.n), *reasons)
        return replace(came, images=tuple(good), undecodable=tuple(rubbish), notes=told)

    async def _inspection_notes(self, picture: ResultImage, deadline: float) -> list[str]:
        try:
            async with asyncio.timeout_at(deadline):
                await self.inspector.inspect(picture.image)
        except UnreadableImage:
            raise
        except Exception:  # noqa: BLE001 - too late, or out of order: the picture was paid for
            return [NOT_INSPECTED]
        return []


def _size_notes(picture: ResultImage, request: ImageRequest) -> list[str]:
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
        raw_remainder=[data for data in rubbish if data],
    )
    error.request_id = came.request_id
    if came.usage is not None:
        error.charged = ChargeStatus.YES
    return error
