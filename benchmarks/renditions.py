"""The cost of renditions: none if none is requested, else CPU time, and two at once."""

import asyncio
import os
from base64 import b64decode
from io import BytesIO

import PIL.Image

from adapters.pillow.optimizer import PillowOptimizer
from adapters.sketch.translate import generate_files
from application.rendition_service import RenditionService
from benchmarks.in_process import InProcessOptimizer
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import MODEL, Rig, prompt
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
from domain.requests import GenerateRequest
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import DictCache, FrozenClock, MemoryImageStore, RecordingSink

REPEATS = 100
WORKERS = 2
SPEEDUP = 1.7
"""How many times as much work two workers must do as one."""
JPEG = RenditionSpec(format=ImageFormat.JPEG)
BARE = "Pillow, progressive 85"


def default_line(rig: Rig, rounds: int) -> Line:
    """The rendition step of a call that returns the provider's bytes."""
    data, run = b64decode(rig.image_base64()), rig.runner.run
    times = interleave(
        rounds, lambda: {"ours": run(_time_unchanged(data))}, lambda: _time_hashing(data)
    )
    return Line(
        name="nothing to render, CPU",
        ours=times["ours"],
        against="SHA-256 of the image",
        base=times["hash"],
    )


def jpeg_lines(rig: Rig, rounds: int) -> list[Line]:
    """A JPEG of a sketch of 1024x1024, and two of them concurrently, by us and by Pillow alone."""
    images = [generate_files(GenerateRequest(prompt=prompt()), 0).final for _ in range(WORKERS)]
    run = rig.runner.run
    times = interleave(
        rounds,
        lambda: run(_time_concurrent("ours", images)),
        lambda: run(_time_sequential("ours", images)),
        lambda: run(_time_concurrent("bare", images)),
        lambda: run(_time_sequential("bare", images)),
        lambda: run(_time_sequential("here", images)),
    )
    return [
        Line(
            name="JPEG of 1024x1024, CPU",
            ours=times["here cpu"],
            against=BARE,
            base=times["bare cpu"],
        ),
        Line(
            name="2 JPEGs in 2 workers",
            ours=times["ours at once"],
            against="one after the other",
            base=times["ours in turns"],
            goal=round(1 / SPEEDUP, 2) if (os.cpu_count() or 1) >= WORKERS else None,
        ),
        Line(
            name="· Pillow, to BytesIO",
            ours=times["bare at once"],
            against="one after the other",
            base=times["bare in turns"],
        ),
    ]


async def _time_unchanged(data: bytes) -> float:
    """CPU ms for one result of a new image."""
    request = GenerateRequest(prompt="a lighthouse", model=MODEL)
    renditions = RenditionService(
        PillowOptimizer(), DictCache(), MemoryImageStore(), RecordingSink()
    )
    results = [_result(Image(data)) for _ in range(REPEATS)]
    with Stopwatch() as watch:
        returned = [await renditions.apply_requested_format(result, request) for result in results]
    for after, before in zip(returned, results, strict=True):
        assert after.images[0] is before.images[0]
    return watch.cpu / REPEATS


def _result(image: Image) -> ImageResult:
    return ImageResult(
        job_id="job_1",
        images=(ResultImage(image=image),),
        provider="openai",
        model=MODEL,
        requested_model=MODEL,
        created_at=FrozenClock().now(),
    )


def _time_hashing(data: bytes) -> dict[str, float]:
    with Stopwatch() as watch:
        for _ in range(REPEATS):
            _ = Image(data).digest
    return {"hash": watch.cpu / REPEATS}


async def _time_concurrent(side: str, images: list[bytes]) -> dict[str, float]:
    with Stopwatch() as watch:
        await asyncio.gather(*(_jpeg(side, data) for data in images))
    return {f"{side} at once": watch.wall}


async def _time_sequential(side: str, images: list[bytes]) -> dict[str, float]:
    with Stopwatch() as watch:
        for data in images:
            await _jpeg(side, data)
    return {f"{side} in turns": watch.wall, f"{side} cpu": watch.cpu / len(images)}


async def _jpeg(side: str, data: bytes) -> None:
    if side == "bare":
        await asyncio.to_thread(_encode_with_pillow, data)
        return
    optimizer = InProcessOptimizer() if side == "here" else PillowOptimizer()
    made = await optimizer.render(Image(data), JPEG)
    assert made.image.format is ImageFormat.JPEG


def _encode_with_pillow(data: bytes) -> None:
    with PIL.Image.open(BytesIO(data), formats=["PNG"]) as opened:
        opened.convert("RGB").save(BytesIO(), "JPEG", quality=85, progressive=True)
