"""Safeguard: checks every image that a provider delivers."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from application.async_tools import run_to_completion
from application.ports.image_inspector import ImageInspector
from application.ports.image_provider import Delivered, ImageProvider, ProviderStream
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.errors import ChargeStatus, UnreadableImage
from domain.jobs import Job
from domain.provider_errors import BadProviderReply
from domain.requests import ImageRequest
from domain.results import ResultImage

INSPECTION_TIMEOUT = 10.0
"""Seconds to inspect all images of a reply; one JPEG of 50 megapixels takes about one."""
NOT_INSPECTED = "could not be inspected, may be damaged"


class Inspection(Safeguard):
    """Delivers intact images, with a note on those whose size is not the requested one.

    Another format needs no note: the caller gets a rendition in the right one. Data that is no
    image becomes `undecodable`. An image that cannot be inspected, or not in time, is delivered
    with a note, because it was paid for. Raises BadProviderReply when no image is left.
    """

    def __init__(self, inner: ImageProvider, inspector: ImageInspector) -> None:
        super().__init__(inner)
        self.inspector = inspector

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        async with aclosing(call_next(job)) as stream:
            async for event in stream:
                if isinstance(event, Delivered):
                    yield await run_to_completion(self._inspect(event, job.request))
                else:
                    yield event

    async def _inspect(self, delivered: Delivered, request: ImageRequest) -> Delivered:
        intact: list[ResultImage] = []
        undecodable, reasons = list(delivered.undecodable), list[str]()
        deadline = asyncio.get_running_loop().time() + INSPECTION_TIMEOUT
        for image in delivered.images:
            try:
                notes = await self._inspection_notes(image, deadline)
                notes += _size_notes(image, request)
            except UnreadableImage as error:
                undecodable.append(image.image.data)
                reasons.append(error.message)
            else:
                intact.append(replace(image, notes=(*image.notes, *notes)))
        if not intact:
            raise _bad_reply(delivered, undecodable, reasons)
        notes = [*delivered.notes, *_count_notes(len(intact), request.n), *reasons]
        return replace(
            delivered, images=tuple(intact), undecodable=tuple(undecodable), notes=tuple(notes)
        )

    async def _inspection_notes(self, image: ResultImage, deadline: float) -> list[str]:
        try:
            async with asyncio.timeout_at(deadline):
                await self.inspector.inspect(image.image)
        except UnreadableImage:
            raise
        except Exception:  # noqa: BLE001 - late, or the inspector failed: the image was paid for
            return [NOT_INSPECTED]
        return []


def _size_notes(image: ResultImage, request: ImageRequest) -> list[str]:
    """Raises UnreadableImage for data that does not start like an image."""
    size = image.image.dimensions
    if request.size is None or size == request.size:
        return []
    return [f"requested {request.size}, the provider sent {size}"]


def _count_notes(delivered: int, requested: int) -> list[str]:
    if delivered == requested:
        return []
    return [f"Images requested: {requested}, usable images received: {delivered}."]


def _bad_reply(
    delivered: Delivered, undecodable: Sequence[bytes], reasons: Sequence[str]
) -> BadProviderReply:
    error = BadProviderReply(
        f"The provider's reply has no usable image. {reasons[0]}"
        if reasons
        else "The provider's reply has no image.",
        raw_remainder=[data for data in undecodable if data],
    )
    error.request_id = delivered.request_id
    if delivered.usage is not None:
        error.charged = ChargeStatus.YES
    return error
