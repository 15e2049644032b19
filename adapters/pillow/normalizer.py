"""Normalizes input images: plain PNGs in a thread, all others in a worker."""

import asyncio

from adapters.pillow.frames import Facts, Message
from adapters.pillow.inspector import MAX_CONCURRENT
from adapters.pillow.worker_pool import Refused, WorkerLost, WorkerPool, WorkFailed
from application.ports.image_inspector import NotInspected
from domain.errors import InvalidRequest, UnreadableImage
from domain.foreign_formats import decodable_format
from domain.image import Image
from domain.image_layouts import check_bytes, check_limits, read_layout
from domain.input_images import NormalizedImage, NormalizedMask

SMALLER = "Scale the image down, or save it as JPEG."


class PillowNormalizer:
    """An ImageNormalizer, in the workers that also inspect images.

    A PNG whose checksums are right, and which is plain as it is, waits for no worker.
    """

    def __init__(self, workers: WorkerPool) -> None:
        self._workers = workers
        self._readers = asyncio.Semaphore(MAX_CONCURRENT)

    async def normalize(self, image: Image, /) -> NormalizedImage:
        async with self._readers:
            cleaned = await asyncio.to_thread(_clean_png, image)
        if cleaned is not None:
            return NormalizedImage(image=cleaned)
        facts, data = await self._work("normalize", image, {})
        made = Image(data) if data else await asyncio.to_thread(_without_metadata, image)
        return NormalizedImage(
            image=made,
            orientation=int(str(facts["orientation"])),
            changes=_texts(facts["changes"]),
        )

    async def normalize_mask(self, mask: Image, image: NormalizedImage, /) -> NormalizedMask:
        await asyncio.to_thread(_check, mask)
        size = image.image.dimensions
        options = {"width": size.width, "height": size.height, "orientation": image.orientation}
        facts, data = await self._work("normalize_mask", mask, options)
        if "unfit" in facts:
            raise InvalidRequest(str(facts["unfit"]), field="mask", hint=str(facts["hint"]))
        notes = _texts(facts["notes"])
        if facts["empty"]:
            return NormalizedMask(mask=None, notes=notes)
        made = Image(data) if data else await asyncio.to_thread(_without_metadata, mask)
        return NormalizedMask(mask=made, notes=notes)

    async def _work(self, job: str, image: Image, options: Facts) -> Message:
        try:
            return await self._workers.run(job, image.data, options)
        except Refused as error:
            raise UnreadableImage(str(error), hint=error.hint) from error
        except (WorkFailed, WorkerLost) as error:
            if str(error) == "MemoryError":
                raise UnreadableImage(
                    "Converting it takes too much memory.", hint=SMALLER
                ) from error
            name = decodable_format(image.data) or image.format.value.upper()
            raise UnreadableImage(f"The {name} image is damaged or truncated.") from error
        except OSError as error:
            raise NotInspected("no process could be started") from error


def _clean_png(image: Image) -> Image | None:
    """The image without metadata; None if it must be decoded. Raise UnreadableImage."""
    _check(image)
    if decodable_format(image.data):
        return None
    layout = read_layout(image)
    is_clean = layout.verified and layout.plain and not layout.adjusted and layout.frames == 1
    return _without_metadata(image) if is_clean else None


def _check(image: Image) -> None:
    if decodable_format(image.data):
        check_bytes(image.data)
    else:
        check_limits(image)


def _without_metadata(image: Image) -> Image:
    cleaned = read_layout(image).without_metadata()
    return image if cleaned is image.data else Image(cleaned)


def _texts(values: object) -> tuple[str, ...]:
    assert isinstance(values, list)
    return tuple(str(value) for value in values)
