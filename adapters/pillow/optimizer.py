"""Creates renditions of images with Pillow, in worker processes."""

import os
from dataclasses import asdict
from importlib.util import find_spec

from adapters.pillow.frames import Message
from adapters.pillow.jpegli import has_jpegli
from adapters.pillow.worker_pool import Refused, WorkerLost, WorkerPool, WorkFailed
from application.ports.image_optimizer import CannotRender
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec

UNCHANGED = "unchanged"


class PillowOptimizer:
    """An ImageOptimizer. At most one rendition per core is made at a time.

    Canceling a rendition kills the process that makes it at once. `jpegli` encodes JPEG by that
    library rather than by Pillow; None does so where it is installed. If a worker crashes while it
    may be in use, the rendition is made again by Pillow, as are all later ones.
    """

    def __init__(self, cores: int | None = None, *, jpegli: bool | None = None) -> None:
        self._workers = WorkerPool(cores or os.cpu_count() or 1)
        self._jpegli = has_jpegli() if jpegli is None else jpegli

    def can_encode(self, form: ImageFormat, /) -> bool:
        """Pillow may be built without AVIF. Its module is not loaded into the server's process."""
        return form is not ImageFormat.AVIF or find_spec("PIL._avif") is not None

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        try:
            if spec.is_met_by(image):
                return Rendition(image=image, description=UNCHANGED)
        except UnreadableImage as error:
            raise CannotRender(error.message) from error
        try:
            facts, data = await self._run(image, spec)
        except Refused as error:
            raise CannotRender(str(error)) from error
        except WorkFailed as error:
            raise CannotRender("it cannot be decoded or encoded") from error
        except WorkerLost as error:
            raise CannotRender("its encoder crashed or took too long") from error
        if not data:
            return Rendition(image=image, description=UNCHANGED)
        return Rendition(image=Image(data), description=str(facts["description"]))

    async def _run(self, image: Image, spec: RenditionSpec) -> Message:
        options = {**asdict(spec), "size": str(spec.size) if spec.size else None}
        jpegli = self._jpegli and spec.format in (None, ImageFormat.JPEG)
        try:
            return await self._workers.run("render", image.data, {**options, "jpegli": jpegli})
        except WorkerLost:
            if not jpegli:
                raise
        self._jpegli = False
        return await self._workers.run("render", image.data, options)
