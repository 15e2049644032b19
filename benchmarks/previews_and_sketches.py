"""The cost of a preview for a host, and of an offline sketch."""

import asyncio
from base64 import b64decode
from io import BytesIO

import PIL.Image

from adapters.pillow.optimizer import PillowOptimizer
from adapters.sketch.translate import generate_files
from benchmarks.in_process import InProcessOptimizer
from benchmarks.measure import Line, Stopwatch, interleave, loop
from benchmarks.rig import Rig, prompt
from domain.image import Image
from domain.renditions import RenditionSpec
from domain.requests import GenerateRequest

PREVIEW_BYTES = 650_000
PREVIEW_MS = 50.0
BARE = "Pillow alone, JPEG 85"


def preview_lines(rig: Rig, rounds: int) -> list[Line]:
    """A preview of a 1024x1024 PNG in at most PREVIEW_BYTES, in wall and in CPU time."""
    data, run = b64decode(rig.image_base64()), rig.runner.run
    times = interleave(rounds, lambda: run(_time_preview(data)), lambda: run(_time_bare_jpeg(data)))
    names = {"": "preview of a 1024x1024 PNG", " cpu": "preview, CPU"}
    return [
        Line(
            name=name,
            ours=times[f"ours{kind}"],
            against=BARE,
            base=times[f"bare{kind}"],
            goal=PREVIEW_MS,
            judged="ms",
        )
        for kind, name in names.items()
    ]


def sketch_lines(rounds: int) -> list[Line]:
    """One offline sketch of 1024x1024, compared with the calibration loop."""
    times = interleave(rounds, _time_sketch, loop)
    return [
        Line(
            name="sketch 1024x1024, CPU",
            ours=times["sketch"],
            against="calibration loop",
            base=times["loop"],
        )
    ]


def _time_sketch() -> dict[str, float]:
    with Stopwatch() as watch:
        generate_files(GenerateRequest(prompt=prompt()), 0)
    return {"sketch": watch.cpu}


async def _time_preview(data: bytes) -> dict[str, float]:
    image = Image(data)
    spec = RenditionSpec(max_side=1024, max_bytes=PREVIEW_BYTES)
    with Stopwatch() as watch:
        preview = await PillowOptimizer().render(image, spec)
    with Stopwatch() as here:
        await InProcessOptimizer().render(image, spec)
    assert preview.image is not image
    return {"ours": watch.wall, "ours cpu": here.cpu}


async def _time_bare_jpeg(data: bytes) -> dict[str, float]:
    with Stopwatch() as watch:
        await asyncio.to_thread(_jpeg, data)
    return {"bare": watch.wall, "bare cpu": watch.cpu}


def _jpeg(data: bytes) -> None:
    with PIL.Image.open(BytesIO(data), formats=["PNG"]) as opened:
        opened.convert("RGB").save(BytesIO(), "JPEG", quality=85)
