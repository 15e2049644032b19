"""What renditions cost: nothing where none is asked for, and how they use the processors."""

import asyncio
import os
from base64 import b64decode
from io import BytesIO

import PIL.Image

from adapters.pillow.optimizer import PillowOptimizer
from adapters.sketch.translate import generate_files
from application.rendition_service import RenditionService
from benchmarks.measure import Line, Watch, interleaved
from benchmarks.rig import MODEL, Rig, prompt
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
from domain.requests import GenerateRequest
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import DictCache, FrozenClock, MemoryImageStore, RecordingSink

REPEATS = 100
AT_ONCE = 2
QUICKER = 1.7
"""How many times as much two threads must get done as one."""
JPEG = RenditionSpec(format=ImageFormat.JPEG)
BARE = "Pillow, progressive 85"


def default_line(rig: Rig, rounds: int) -> Line:
    """What the rendition step takes where the caller gets what the provider sent."""
    data, run = b64decode(rig.picture()), rig.runner.run
    taken = interleaved(rounds, lambda: {"ours": run(_passed(data))}, lambda: _hashed(data))
    return Line(
        name="nothing to render, CPU",
        ours=taken["ours"],
        against="SHA-256 of the picture",
        base=taken["hash"],
    )


def jpeg_lines(rig: Rig, rounds: int) -> list[Line]:
    """A JPEG of a sketch of 1024x1024, and two of them at once, by us and by Pillow alone."""
    pictures = [generate_files(GenerateRequest(prompt=prompt()), 0).final for _ in range(AT_ONCE)]
    run = rig.runner.run
    taken = interleaved(
        rounds,
        lambda: run(_at_once("ours", pictures)),
        lambda: run(_in_turns("ours", pictures)),
        lambda: run(_at_once("bare", pictures)),
        lambda: run(_in_turns("bare", pictures)),
    )
    return [
        Line(
            name="JPEG of 1024x1024, CPU",
            ours=taken["ours cpu"],
            against=BARE,
            base=taken["bare cpu"],
        ),
        Line(
            name="2 JPEGs in 2 threads",
            ours=taken["ours at once"],
            against="one after the other",
            base=taken["ours in turns"],
            goal=round(1 / QUICKER, 2) if (os.cpu_count() or 1) >= AT_ONCE else None,
        ),
        Line(
            name="· Pillow, to BytesIO",
            ours=taken["bare at once"],
            against="one after the other",
            base=taken["bare in turns"],
        ),
    ]


async def _passed(data: bytes) -> float:
    """CPU ms for one answer, as it comes: nobody looked at the picture before."""
    asked = GenerateRequest(prompt="a lighthouse", model=MODEL)
    renditions = RenditionService(
        PillowOptimizer(), DictCache(), MemoryImageStore(), RecordingSink()
    )
    answers = [_answer(Image(data)) for _ in range(REPEATS)]
    with Watch() as watch:
        given = [await renditions.apply_requested_format(answer, asked) for answer in answers]
    for after, before in zip(given, answers, strict=True):
        assert after.images[0] is before.images[0]
    return watch.cpu / REPEATS


def _answer(image: Image) -> ImageResult:
    return ImageResult(
        job_id="job_1",
        images=(ResultImage(image=image),),
        provider="openai",
        model=MODEL,
        requested_model=MODEL,
        created_at=FrozenClock().now(),
    )


def _hashed(data: bytes) -> dict[str, float]:
    with Watch() as watch:
        for _ in range(REPEATS):
            _ = Image(data).digest
    return {"hash": watch.cpu / REPEATS}


async def _at_once(who: str, pictures: list[bytes]) -> dict[str, float]:
    with Watch() as watch:
        await asyncio.gather(*(_jpeg(who, data) for data in pictures))
    return {f"{who} at once": watch.wall}


async def _in_turns(who: str, pictures: list[bytes]) -> dict[str, float]:
    with Watch() as watch:
        for data in pictures:
            await _jpeg(who, data)
    return {f"{who} in turns": watch.wall, f"{who} cpu": watch.cpu / len(pictures)}


async def _jpeg(who: str, data: bytes) -> None:
    if who == "bare":
        await asyncio.to_thread(_plainly, data)
        return
    made = await PillowOptimizer().render(Image(data), JPEG)
    assert made.image.format is ImageFormat.JPEG


def _plainly(data: bytes) -> None:
    with PIL.Image.open(BytesIO(data), formats=["PNG"]) as opened:
        opened.convert("RGB").save(BytesIO(), "JPEG", quality=85, progressive=True)
