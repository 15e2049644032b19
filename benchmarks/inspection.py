"""The cost of looking at images: inspection without a worker, and what a worker adds."""

import asyncio
import zlib
from base64 import b64decode
from io import BytesIO
from struct import unpack_from

import PIL.Image

from adapters.pillow.inspector import PillowInspector
from adapters.pillow.optimizer import PillowOptimizer
from benchmarks.in_process import InProcessOptimizer
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import Rig
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.png_chunks import PART_START, SAMPLES
from domain.png_contents import FIRST_BYTES
from domain.renditions import RenditionSpec

SPEC = RenditionSpec(format=ImageFormat.JPEG)


def inspection_lines(rig: Rig, rounds: int) -> list[Line]:
    """A PNG of 1024x1024, inspected, and as JPEG: by us, and by Pillow in a thread of our own."""
    data, run = b64decode(rig.image_base64()), rig.runner.run
    times = interleave(rounds, lambda: run(_round(data)))
    return [
        Line(
            name="inspection of a PNG",
            ours=times["inspect"],
            against="Pillow's verify, and its first pixels",
            base=times["verify"],
            goal=1.0,
        ),
        Line(
            name="a rendition in a worker",
            ours=times["worker"],
            against="the same in a thread",
            base=times["thread"],
            judged="added",
        ),
    ]


async def _round(data: bytes) -> dict[str, float]:
    with Stopwatch() as inspect:
        await PillowInspector().inspect(Image(data))
    with Stopwatch() as verify:
        await asyncio.to_thread(_verify, data)
    with Stopwatch() as worker:
        await PillowOptimizer().render(Image(data), SPEC)
    with Stopwatch() as thread:
        await InProcessOptimizer().render(Image(data), SPEC)
    return {
        "inspect": inspect.wall,
        "verify": verify.wall,
        "worker": worker.wall,
        "thread": thread.wall,
    }


def _verify(data: bytes) -> None:
    """What an inspection was before: Pillow's checksums, the end, and the first pixels counted."""
    with PIL.Image.open(BytesIO(data), formats=["PNG"]) as opened:
        opened.verify()
    assert b"IEND\xaeB`\x82" in data
    width, height, depth, color = unpack_from(">IIBB", data, 16)
    expected = height * (1 + (width * depth * SAMPLES[color] + 7) // 8)
    stream, count, at = zlib.decompressobj(), 0, 8
    while count < min(expected, FIRST_BYTES):
        length, kind = PART_START.unpack_from(data, at)
        if kind == b"IDAT":
            body = memoryview(data)[at + 8 : at + 8 + length]
            count += len(stream.decompress(body, FIRST_BYTES - count))
        at += 12 + length
