"""A provider that draws sketches offline: for first runs, demonstrations and tests."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from adapters.sketch.translate import ImageFiles, edit_files, generate_files
from application.ports.image_provider import Delivered, PartialImage, ProviderStream
from domain.image import Image
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.prices import FreePricing
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ResultImage
from domain.size_rules import SizeRule

SIZES = SizeRule(
    multiple_of=1,
    max_ratio=8,
    max_long_side=3840,
    max_short_side=3840,
    min_pixels=256,
    max_pixels=8_294_400,
)
FREE = FreePricing(as_of=date(2026, 11, 24))
CATALOG = Catalog(
    cards=(ModelCard(name="sketch", sizes=SIZES, streams_several=True, pricing=FREE),),
    default="sketch",
    fallback_card=ModelCard(name="", is_known=False, pricing=FREE),
)
NOTE = "Drawn offline by the sketch provider; no model was called and nothing was spent."

R = TypeVar("R", bound=ImageRequest)


class SketchProvider:
    """An ImageProvider without key, network or cost: equal requests give equal bytes.

    `pace` is the time in seconds between two events, for demonstrations of progress. Every model
    name is accepted. Drawing runs in a worker thread, one image at a time.
    """

    name = "sketch"
    endpoint = ""
    catalog = CATALOG

    def __init__(self, pace: float = 0.0) -> None:
        self._pace = pace

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._stream(job.request, generate_files)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._stream(job.request, edit_files)

    async def _stream(self, request: R, draw: Callable[[R, int], ImageFiles]) -> ProviderStream:
        if request.size is not None and not SIZES.allows(request.size):
            raise RequestRefused(f"The sketch provider draws {SIZES}, not {request.size}.")
        images = []
        for number in range(request.n):
            files = await asyncio.to_thread(draw, request, number)
            for index, partial in enumerate(files.partials):
                yield PartialImage(image=Image(partial), image_index=number, index=index)
                await asyncio.sleep(self._pace)
            images.append(ResultImage(image=Image(files.final)))
        yield Delivered(images=tuple(images), notes=(NOTE,))
