"""Renditions in a thread of this process, whose CPU time can be measured."""

import asyncio
from dataclasses import asdict

from adapters.pillow import rendering
from adapters.pillow.jpegli import has_jpegli
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec


class InProcessOptimizer:
    """An ImageOptimizer that does what a worker of PillowOptimizer does, without its limits."""

    def can_encode(self, _: ImageFormat, /) -> bool:
        return True

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        if spec.is_met_by(image):
            return Rendition(image=image, description="unchanged")
        options = {**asdict(spec), "jpegli": has_jpegli()}
        facts, data = await asyncio.to_thread(rendering.render, options, image.data)
        made = Image(data) if data else image
        return Rendition(image=made, description=str(facts["description"]))
