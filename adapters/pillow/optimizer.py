"""Creates renditions of images with Pillow, in worker processes."""

import os
from dataclasses import asdict

from adapters.pillow.worker_pool import Refused, WorkerLost, WorkerPool, WorkFailed
from application.ports.image_optimizer import CannotRender
from domain.errors import UnreadableImage
from domain.image import Image
from domain.renditions import Rendition, RenditionSpec

UNCHANGED = "unchanged"


class PillowOptimizer:
    """An ImageOptimizer. At most one rendition per core is made at a time.

    Canceling a rendition kills the process that makes it at once.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._workers = WorkerPool(cores or os.cpu_count() or 1)

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        try:
            if spec.is_met_by(image):
                return Rendition(image=image, description=UNCHANGED)
        except UnreadableImage as error:
            raise CannotRender(error.message) from error
        try:
            facts, data = await self._workers.run("render", image.data, asdict(spec))
        except Refused as error:
            raise CannotRender(str(error)) from error
        except WorkFailed as error:
            raise CannotRender("it cannot be decoded or encoded") from error
        except WorkerLost as error:
            raise CannotRender("its encoder crashed or took too long") from error
        if not data:
            return Rendition(image=image, description=UNCHANGED)
        return Rendition(image=Image(data), description=str(facts["description"]))
