"""What an order is answered with, before it is put into words: pictures, partials, usage."""

import asyncio
from dataclasses import dataclass
from itertools import count

from tests.standin.faults import Fault
from tests.standin.pictures import Picture, Plate, Spec, plate
from tests.standin.rules import Order

_FINEST_PARTIAL = 16
_PLATES_KEPT = 32
_TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6240, "max": 8320}
_TOKENS_PER_IMAGE_SENT = 323
_TOKENS_PER_PARTIAL = 100


@dataclass(frozen=True, kw_only=True)
class Painting:
    """Everything painted for one order. `quality` and `background` are the ones settled on."""

    pictures: list[Picture]
    partials: list[Picture]
    usage: dict[str, object]
    quality: str
    background: str


class Studio:
    """Paints orders; the event loop goes on while a new size or format is first drawn."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._plates: dict[Spec, asyncio.Future[Plate]] = {}

    async def paint(self, order: Order, fault: Fault, images: int) -> Painting:
        """Pictures that were never painted before, with the usage a bill would show."""
        pictures = order.n if fault.count is None else fault.count
        final = [1] * pictures
        coarse = [_FINEST_PARTIAL << step for step in reversed(range(order.partials))]
        painted = [await self._picture(order, fault, block) for block in final + coarse]
        if fault.data == "halved":
            painted[:pictures] = [picture.halved() for picture in painted[:pictures]]
        return Painting(
            pictures=painted[:pictures],
            partials=painted[pictures:],
            usage=_usage(order, pictures, images),
            quality=_settled_quality(order),
            background="opaque" if order.background == "auto" else order.background,
        )

    async def _picture(self, order: Order, fault: Fault, block: int) -> Picture:
        kind = fault.format or order.format
        spec = Spec(
            size=fault.painted or order.size,
            format=kind,
            alpha=order.background == "transparent" and kind != "jpeg",
            compression=None if kind == "png" else order.compression,
            block=block,
        )
        return (await self._plate(spec)).stamp(next(self._numbers))

    async def _plate(self, spec: Spec) -> Plate:
        if spec not in self._plates:
            if len(self._plates) >= _PLATES_KEPT:
                del self._plates[next(iter(self._plates))]
            self._plates[spec] = asyncio.ensure_future(asyncio.to_thread(plate, spec))
        return await asyncio.shield(self._plates[spec])


def _settled_quality(order: Order) -> str:
    return "medium" if order.quality == "auto" else order.quality


def _usage(order: Order, pictures: int, images: int) -> dict[str, object]:
    """Token counts in the real API's form and order of size; no real price list is implied."""
    width, height = order.size
    text = max(1, len(order.prompt) // 4)
    sent = _TOKENS_PER_IMAGE_SENT * images
    each = _TOKENS[_settled_quality(order)] * width * height // (1024 * 1024)
    made = each * pictures + _TOKENS_PER_PARTIAL * order.partials
    return {
        "input_tokens": text + sent,
        "input_tokens_details": {"text_tokens": text, "image_tokens": sent},
        "output_tokens": made,
        "output_tokens_details": {"image_tokens": made, "text_tokens": 0},
        "total_tokens": text + sent + made,
    }
