"""What our own work on pictures costs: the preview for a host, and the offline sketch."""

import asyncio
from base64 import b64decode
from io import BytesIO

import PIL.Image

from adapters.pillow.optimizer import PillowOptimizer
from adapters.sketch.translate import generate_files
from benchmarks.measure import Line, Watch, interleaved, loop
from benchmarks.rig import Rig, prompt
from domain.image import Image
from domain.renditions import RenditionSpec
from domain.requests import GenerateRequest

PREVIEW_BYTES = 650_000
PREVIEW_MS = 50.0
BARE = "Pillow alone, JPEG 85"


def preview_lines(rig: Rig, rounds: int) -> list[Line]:
    """A preview of a 1024x1024 PNG in at most PREVIEW_BYTES, in wall and in CPU time."""
    data, run = b64decode(rig.picture()), rig.runner.run
    taken = interleaved(rounds, lambda: run(_previewed(data)), lambda: run(_converted(data)))
    names = {"": "preview of a 1024x1024 PNG", " cpu": "preview, CPU"}
    return [
        Line(
            name=name,
            ours=taken[f"ours{kind}"],
            against=BARE,
            base=taken[f"bare{kind}"],
            goal=PREVIEW_MS,
            judged="ms",
        )
        for kind, name in names.items()
    ]


def sketch_lines(rounds: int) -> list[Line]:
    """One offline painting of 1024x1024, against the calibration's loop."""
    taken = interleaved(rounds, _sketched, loop)
    return [
        Line(
            name="sketch 1024x1024, CPU",
            ours=taken["sketch"],
            against="calibration loop",
            base=taken["loop"],
        )
    ]


def _sketched() -> dict[str, float]:
    with Watch() as watch:
        generate_files(GenerateRequest(prompt=prompt()), 0)
    return {"sketch": watch.cpu}


async def _previewed(data: bytes) -> dict[str, float]:
    image = Image(data)
    with Watch() as watch:
        spec = RenditionSpec(max_side=1024, max_bytes=PREVIEW_BYTES)
        preview = await PillowOptimizer().render(image, spec)
    assert preview.image is not image
    return {"ours": watch.wall, "ours cpu": watch.cpu}


async def _converted(data: bytes) -> dict[str, float]:
    with Watch() as watch:
        await asyncio.to_thread(_jpeg, data)
    return {"bare": watch.wall, "bare cpu": watch.cpu}


def _jpeg(data: bytes) -> None:
    with PIL.Image.open(BytesIO(data), formats=["PNG"]) as opened:
        opened.convert("RGB").save(BytesIO(), "JPEG", quality=85)
