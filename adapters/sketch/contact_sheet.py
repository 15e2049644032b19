"""Contact sheets to review by eye: `python -m adapters.sketch.contact_sheet FOLDER`."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFont

from adapters.sketch.provider import CATALOG, SketchProvider
from application.ports.image_provider import Delivered, PartialImage, ProviderStream
from domain.image import Image as EncodedImage
from domain.image_formats import Dimensions
from domain.jobs import LOCAL, Job
from domain.requests import Background, EditRequest, GenerateRequest, ImageRequest

PROMPTS = (
    "a lighthouse above a calm sea at sunset",
    "misty mountains and a pine forest at dawn",
    "a red hot-air balloon over green hills, summer morning",
    "a city skyline by the river at night",
    "desert dunes at dusk",
    "a sailboat on a teal lake at noon, snowy mountains",
    "a cabin in a winter forest, moonlit, snow",
    "a castle on a hill in autumn, golden evening",
)
SIZES = (Dimensions(1024, 1024), Dimensions(1536, 1024), Dimensions(1024, 1536))
CELL, GAP, CAPTION = 400, 18, 26
PAPER, INK = (250, 248, 244), (70, 64, 72)

Cell = tuple[str, Image.Image]
R = TypeVar("R", bound=ImageRequest)


def job(request: R) -> Job[R]:
    """A local job for this request."""
    return Job(
        id="look",
        owner=LOCAL,
        provider="sketch",
        request=request,
        card=CATALOG.cards[0],
        requested_model="sketch",
        fingerprint="",
        created_at=datetime.now(UTC),
    )


async def read_images(stream: ProviderStream) -> list[EncodedImage]:
    """Every partial image and every final image, in the order of their events."""
    shown: list[EncodedImage] = []
    async with aclosing(stream) as events:
        async for event in events:
            match event:
                case PartialImage():
                    shown.append(event.image)
                case Delivered():
                    shown.extend(result.image for result in event.images)
                case _:
                    pass
    return shown


def pixels(encoded: EncodedImage) -> Image.Image:
    """The image's pixels, on white where it is transparent."""
    image = Image.open(BytesIO(encoded.data)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def sheet(rows: Sequence[Sequence[Cell]]) -> Image.Image:
    """Captioned images in rows, each scaled into a square cell."""
    step = CELL + GAP
    columns = max(len(row) for row in rows)
    paper = Image.new("RGB", (columns * step + GAP, len(rows) * (step + CAPTION) + GAP), PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(size=15)
    for down, row in enumerate(rows):
        for across, (caption, image) in enumerate(row):
            small = image.copy()
            small.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
            left, top = GAP + across * step, GAP + down * (step + CAPTION)
            at = (left + (CELL - small.width) // 2, top + (CELL - small.height) // 2)
            paper.paste(small, at)
            pen.text((left + CELL // 2, top + CELL + 4), caption, INK, font, anchor="ma")
    return paper


async def prompts_sheet(provider: SketchProvider) -> Image.Image:
    """Every prompt in every size, and a cutout at the end of each row."""
    rows = []
    for prompt in PROMPTS:
        row: list[Cell] = []
        for size in SIZES:
            request = GenerateRequest(prompt=prompt, size=size)
            image = (await read_images(provider.generate(job(request))))[0]
            row.append((f"{prompt[:44]}  {size}", pixels(image)))
        cut = GenerateRequest(prompt=prompt, background=Background.TRANSPARENT)
        row.append(("transparent", pixels((await read_images(provider.generate(job(cut))))[0])))
        rows.append(row)
    return sheet(rows)


async def partials_sheet(provider: SketchProvider) -> Image.Image:
    """Two images with three partial images each."""
    rows = []
    for prompt in PROMPTS[:2]:
        request = GenerateRequest(prompt=prompt, partial_images=3)
        shown = await read_images(provider.generate(job(request)))
        captions = ("partial 0", "partial 1", "partial 2", prompt)
        rows.append(list(zip(captions, map(pixels, shown), strict=True)))
    return sheet(rows)


async def edits_sheet(provider: SketchProvider) -> Image.Image:
    """An input, a mask, and edits of them."""
    new = [GenerateRequest(prompt=PROMPTS[at], size=SIZES[0]) for at in (5, 0)]
    first, second = [(await read_images(provider.generate(job(request))))[0] for request in new]
    hole = Image.new("RGBA", (1024, 1024), "black")
    ImageDraw.Draw(hole).ellipse((300, 120, 900, 720), fill=(0, 0, 0, 0))
    buffer = BytesIO()
    hole.save(buffer, "PNG")
    mask = EncodedImage(buffer.getvalue())
    edits = {
        "with mask: balloons at sunset": EditRequest(
            prompt="a gold balloon at sunset", images=(first,), mask=mask, size=None
        ),
        "no mask: night, a lighthouse": EditRequest(
            prompt="a lighthouse at night", images=(first,), size=None
        ),
        "two images: autumn dusk": EditRequest(
            prompt="autumn dusk", images=(first, second), size=None
        ),
    }
    row: list[Cell] = [("input", pixels(first)), ("mask", pixels(mask))]
    for caption, request in edits.items():
        row.append((caption, pixels((await read_images(provider.edit(job(request))))[0])))
    return sheet([row])


def main(folder: Path) -> None:
    """Write the three sheets and print their paths."""
    provider = SketchProvider()
    folder.mkdir(parents=True, exist_ok=True)
    makers = {"sheet": prompts_sheet, "partials": partials_sheet, "edits": edits_sheet}
    for name, make in makers.items():
        path = folder / f"{name}.png"
        asyncio.run(make(provider)).save(path)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
