"""The parts of one call's time, each measured alone, on real images of the stand-in."""

import os
from base64 import b64decode
from pathlib import Path
from statistics import median
from uuid import uuid4

from adapters.image_store.files import FileImageStore
from adapters.openai.replies.reply_images import decode_images
from adapters.pillow.inspector import PillowInspector
from adapters.records.engine import Database
from adapters.records.job_repository import SqlJobRepository
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import Rig
from domain.image import Image
from domain.results import ResultImage
from tests.testkit.fakes import job_for

PARTS = {
    "decode": "base64.b64decode",
    "inspect": "",
    "digest": "",
    "keep": "plain write + fsync",
    "records": "",
}


def part_lines(rig: Rig, rounds: int, added: float) -> list[Line]:
    """One line for each part, and the rest of the `added` ms that no part explains."""
    parts = Parts(rig)
    try:
        times = interleave(rounds, parts.round)
    finally:
        rig.runner.run(parts.database.close())
    lines = [
        Line(
            name=f"· {name}", ours=times[name], against=against, base=times.get(f"{name} base", [])
        )
        for name, against in PARTS.items()
    ]
    explained = sum(median(line.ours) for line in lines) - median(times["decode base"])
    return [*lines, Line(name="· the rest", ours=[added - explained])]


class Parts:
    """The work of one call, one part at a time."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        folder = rig.folder / "parts"
        self.plain = folder / "plain"
        self.plain.mkdir(parents=True)
        self.database = Database(folder / "data")
        self.images = FileImageStore(
            folder / "kept",
            fallback=folder / "rescued",
            quarantine=folder / "quarantine",
            writer=self.database.writer,
        )
        self.records = SqlJobRepository(self.database)
        self.inspector = PillowInspector()

    def round(self) -> dict[str, float]:
        """Run every part once, on a new image."""
        text = self.rig.image_base64()
        with Stopwatch() as decode:
            images = decode_images([(text,)]).images
        with Stopwatch() as plain_decode:
            b64decode(text)
        image = images[0]
        inspect, keep, records = self.rig.runner.run(self._run_async(image))
        with Stopwatch() as digest:
            _ = Image(image.data).digest
        with Stopwatch() as plain_write:
            _write(self.plain / image.id, image.data)
        return {
            "decode": decode.wall,
            "decode base": plain_decode.wall,
            "inspect": inspect,
            "digest": digest.wall,
            "keep": keep,
            "keep base": plain_write.wall,
            "records": records,
        }

    async def _run_async(self, image: Image) -> tuple[float, float, float]:
        with Stopwatch() as inspect:
            await self.inspector.inspect(image)
        _ = image.digest  # measured separately
        with Stopwatch() as keep:
            kept = await self.images.put(image)
        sent = job_for(id=uuid4().hex).dispatched()
        stored = sent.stored((ResultImage(image=image, stored=kept),))
        with Stopwatch() as records:
            await self.records.save(sent)
            await self.records.save(stored)
        return inspect.wall, keep.wall, records.wall


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
