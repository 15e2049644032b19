"""What equal requests cost: a cache hit, a fingerprint, and concurrent equal requests."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

from adapters.cache.disk import DiskCache
from adapters.cache.memory import MemoryCache
from application.ports.image_cache import CacheEntry, ImageCache
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import KEY, Rig, prompt
from domain.fingerprint import fingerprint
from domain.image import Image
from domain.requests import EditRequest, GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.standin import StandIn, faults
from tests.testkit.fakes import settings_in

IMAGE_BYTES, INPUT_BYTES, CACHE_BYTES = 1_500_000, 4_000_000, 10_000_000
KEY_IN_CACHE = "0" * 64
HOUR = 3600.0
REPEATS = 1000
PASSES = 10
CALLERS = 100
PROVIDER_SECONDS = 1.0
"""Seconds that the stand-in takes for the image of the concurrent requests."""
HASHING = "SHA-256 of the input"


def hit_lines(rig: Rig, rounds: int) -> list[Line]:
    """A hit of 1.5 MB, on disk and in memory."""
    entry = CacheEntry(images=(Image(os.urandom(IMAGE_BYTES)),))
    plain = rig.folder / "plain.bin"
    plain.write_bytes(entry.images[0].data)
    disk = DiskCache(rig.folder / "hits", CACHE_BYTES, HOUR)
    memory, run = MemoryCache(CACHE_BYTES, HOUR), rig.runner.run
    try:
        run(disk.put(KEY_IN_CACHE, entry))
        run(memory.put(KEY_IN_CACHE, entry))
        times = interleave(
            rounds,
            lambda: {"disk": run(_time_hit(disk, 1))},
            lambda: {"plain": _time_read(plain)},
            lambda: {"memory": run(_time_hit(memory, REPEATS))},
        )
    finally:
        run(disk.close())
    baseline = "plain read + SHA-256"
    return [
        Line(name="disk hit", ours=times["disk"], against=baseline, base=times["plain"], goal=2.0),
        Line(name="memory hit", ours=times["memory"], goal=0.010, judged="ms"),
    ]


def fingerprint_lines(rounds: int) -> list[Line]:
    """The fingerprint of an edit with 4 MB of new input, and of one whose input is hashed already.

    The goal is one pass of SHA-256 and 10 µs. One pass varies by more than that, so only the rest
    is judged. Each time is the minimum of PASSES.
    """
    data = os.urandom(INPUT_BYTES)
    known = _edit(data)
    _ = known.images[0].digest
    times = interleave(
        rounds,
        lambda: {"ours": min(_time_fingerprint(_edit(data)) for _ in range(PASSES))},
        lambda: {"hash": min(_time_hashing(data) for _ in range(PASSES))},
        lambda: {"rest": min(_time_fingerprint(known) for _ in range(PASSES))},
    )
    return [
        Line(
            name="fingerprint, 4 MB input",
            ours=times["ours"],
            against=HASHING,
            base=times["hash"],
        ),
        Line(name="· without the hashing", ours=times["rest"], goal=0.010, judged="ms"),
    ]


def concurrent_line(rig: Rig, rounds: int) -> Line:
    """Many concurrent equal requests, whose one image takes the provider a second."""
    with StandIn(default=faults.slow(PROVIDER_SECONDS)) as openai:
        settings = settings_in(
            rig.folder / "concurrent", openai_api_key=KEY, openai_base_url=openai.base_url
        )

        async def measure() -> dict[str, list[float]]:
            times: dict[str, list[float]] = {"many": [], "one": []}
            async with run_application(settings) as container:
                await _time_requests(container, openai, 1)  # fills caches and is not counted
                for _ in range(rounds):
                    times["many"].append(await _time_requests(container, openai, CALLERS))
                    times["one"].append(await _time_requests(container, openai, 1))
            return times

        times = rig.runner.run(measure())
    return Line(
        name=f"{CALLERS} equal requests",
        ours=times["many"],
        against="one request",
        base=times["one"],
        goal=1500.0,
        judged="ms",
    )


async def _time_requests(container: Container, openai: StandIn, callers: int) -> float:
    text, before = prompt(), len(openai.posts)

    async def generate() -> str:
        handle = await container.generate_image()(GenerateRequest(prompt=text))
        images = await handle.result()
        return images.images[0].image.digest

    with Stopwatch() as watch:
        digests = await asyncio.gather(*(generate() for _ in range(callers)))
    assert len(digests) == callers
    assert len(set(digests)) == 1
    assert len(openai.posts) == before + 1
    return watch.wall


async def _time_hit(cache: ImageCache, repeats: int) -> float:
    with Stopwatch() as watch:
        for _ in range(repeats):
            hit = await cache.get(KEY_IN_CACHE)
    assert hit is not None
    assert hit.entry.size == IMAGE_BYTES
    return watch.wall / repeats


def _time_read(path: Path) -> float:
    with Stopwatch() as watch:
        sha256(path.read_bytes()).digest()
    return watch.wall


def _edit(data: bytes) -> EditRequest:
    return EditRequest(prompt="make the sky green", images=(Image(data),))


def _time_fingerprint(request: EditRequest) -> float:
    with Stopwatch() as watch:
        fingerprint(request, provider="openai", endpoint="a server", owner="local")
    return watch.wall


def _time_hashing(data: bytes) -> float:
    with Stopwatch() as watch:
        sha256(data).hexdigest()
    return watch.wall
