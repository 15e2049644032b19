"""Helpers for the tests of the sketch provider."""

from contextlib import aclosing
from datetime import UTC, datetime
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageChops, ImageDraw, ImageStat

from adapters.sketch.provider import CATALOG, SketchProvider
from application.ports.image_provider import Delivered, PartialImage, ProviderStream
from domain.image import Image as EncodedImage
from domain.image_formats import Dimensions
from domain.jobs import LOCAL, Job
from domain.requests import EditRequest, GenerateRequest, ImageRequest

SMALL = Dimensions(96, 96)
R = TypeVar("R", bound=ImageRequest)


def job(request: R) -> Job[R]:
    return Job(
        id="job_1",
        owner=LOCAL,
        provider="sketch",
        request=request,
        card=CATALOG.cards[0],
        requested_model="sketch",
        fingerprint="f",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


async def read_events(stream: ProviderStream) -> tuple[list[PartialImage], Delivered]:
    partials: list[PartialImage] = []
    delivered: list[Delivered] = []
    async with aclosing(stream) as events:
        async for event in events:
            assert not delivered, "nothing comes after Delivered"
            if isinstance(event, PartialImage):
                partials.append(event)
            if isinstance(event, Delivered):
                delivered.append(event)
    return partials, delivered[0]


async def generate(prompt: str, size: Dimensions | None = SMALL, n: int = 1) -> list[bytes]:
    request = GenerateRequest(prompt=prompt, size=size, n=n)
    _, delivered = await read_events(SketchProvider().generate(job(request)))
    return [result.image.data for result in delivered.images]


async def edit(request: EditRequest) -> bytes:
    _, delivered = await read_events(SketchProvider().edit(job(request)))
    return delivered.images[0].image.data


def pixels(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def distance(one: bytes, other: bytes) -> float:
    """Mean absolute difference of the pixels, 0 to 255."""
    difference = ImageChops.difference(pixels(one).convert("RGB"), pixels(other).convert("RGB"))
    return sum(ImageStat.Stat(difference).mean) / 3


def png(image: Image.Image) -> EncodedImage:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return EncodedImage(buffer.getvalue())


def photo(width: int = 120, height: int = 90) -> EncodedImage:
    gradient = Image.linear_gradient("L").resize((width, height))
    return png(Image.merge("RGB", (gradient, gradient.rotate(180), gradient)))


def mask_with_hole(width: int = 120, height: int = 90) -> Image.Image:
    mask = Image.new("RGBA", (width, height), "white")
    ImageDraw.Draw(mask).ellipse((20, 10, 100, 80), fill=(0, 0, 0, 0))
    return mask
