"""Inspects images: their layout in a thread, and their pixels, where needed, in a worker."""

import asyncio

from adapters.pillow.worker_pool import Refused, WorkerLost, WorkerPool, WorkFailed
from application.ports.image_inspector import NotInspected
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.image_layouts import check_limits, read_layout

MAX_CONCURRENT = 2
"""Images that are inspected or normalized at once: 50 megapixels of RGBA take 200 MB each."""


class PillowInspector:
    """An ImageInspector. JPEG, WebP and interlaced PNG images are decoded by a worker process.

    Other PNGs, which providers usually send, are checked in a thread, without waiting for a worker:
    their checksums, and their first pixels, which are inflated and counted. At most MAX_CONCURRENT
    images are read, and as many decoded, at once.
    """

    def __init__(self, workers: WorkerPool | None = None) -> None:
        self._readers = asyncio.Semaphore(MAX_CONCURRENT)
        self._workers = workers or WorkerPool(MAX_CONCURRENT)

    async def inspect(self, image: Image, /) -> None:
        async with self._readers:
            is_verified = await asyncio.to_thread(_is_verified, image)
        if not is_verified:
            await self._decode(image)

    async def _decode(self, image: Image) -> None:
        try:
            await self._workers.run("inspect", image.data)
        except Refused as error:
            raise UnreadableImage(str(error)) from error
        except (WorkFailed, WorkerLost) as error:
            name = image.format.value.upper()
            raise UnreadableImage(f"The {name} image is damaged or truncated.") from error
        except OSError as error:
            raise NotInspected("no process could be started") from error


def _is_verified(image: Image) -> bool:
    """Whether the image need not be decoded; raise UnreadableImage if it is damaged."""
    check_limits(image)
    return image.format is ImageFormat.PNG and read_layout(image).verified
