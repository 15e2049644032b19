"""What equal requests cost: finding the answer in a cache, naming it, and asking together."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

from adapters.cache.disk import DiskCache
from adapters.cache.memory import MemoryCache
from application.ports.image_cache import CacheEntry, ImageCache
from benchmarks.measure import Line, Watch, interleaved
from benchmarks.rig import KEY, Rig, prompt
from domain.fingerprint import fingerprint
from domain.image import Image
from domain.requests import EditRequest, GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.standin import StandIn, faults
from tests.testkit.fakes import settings_in

PICTURE, INPUT, ROOM = 1_500_000, 4_000_000, 10_000_000
NAME = "0" * 64
HOUR = 3600.0
REPEATS = 1000
PASSES = 10
CALLERS = 100
UPSTREAM = 1.0
"""Seconds that the stand-in takes for a picture that many wait for."""
HASHING = "SHA-256 of the input"


def hit_lines(rig: Rig, rounds: int) -> list[Line]:
    """A hit of 1.5 MB, on disk and in memory."""
    entry = CacheEntry(images=(Image(os.urandom(PICTURE)),))
    plain = rig.folder / "plain.bin"
    plain.write_bytes(entry.images[0].data)
    disk = DiskCache(rig.folder / "hits", ROOM, HOUR)
    memory, run = MemoryCache(ROOM, HOUR), rig.runner.run
    try:
        run(disk.put(NAME, entry))
        run(memory.put(NAME, entry))
        taken = interleaved(
            rounds,
            lambda: {"disk": run(_hit(disk, 1))},
            lambda: {"plain": _read(plain)},
            lambda: {"memory": run(_hit(memory, REPEATS))},
        )
    finally:
        run(disk.close())
    plainly = "plain read + SHA-256"
    return [
        Line(name="disk hit", ours=taken["disk"], against=plainly, base=taken["plain"], goal=2.0),
        Line(name="memory hit", ours=taken["memory"], goal=0.010, judged="ms"),
    ]


def fingerprint_lines(rounds: int) -> list[Line]:
    """Naming an edit of a 4 MB picture that was never named before, and all of it but the hashing.

    The goal is one pass of SHA-256 and 10 µs. One pass varies by more than that, so what comes
    besides it is judged alone. Each time is the quickest of PASSES.
    """
    data = os.urandom(INPUT)
    known = _edit(data)
    _ = known.images[0].digest
    taken = interleaved(
        rounds,
        lambda: {"ours": min(_named(_edit(data)) for _ in range(PASSES))},
        lambda: {"hash": min(_hashed(data) for _ in range(PASSES))},
        lambda: {"rest": min(_named(known) for _ in range(PASSES))},
    )
    return [
        Line(
            name="fingerprint, 4 MB input",
            ours=taken["ours"],
            against=HASHING,
            base=taken["hash"],
        ),
        Line(name="· without the hashing", ours=taken["rest"], goal=0.010, judged="ms"),
    ]


def together_line(rig: Rig, rounds: int) -> Line:
    """Many equal requests at once, whose one picture takes the provider a second."""
    with StandIn(default=faults.slow(UPSTREAM)) as openai:
        settings = settings_in(
            rig.folder / "together", openai_api_key=KEY, openai_base_url=openai.base_url
        )

        async def measured() -> dict[str, list[float]]:
            taken: dict[str, list[float]] = {"many": [], "one": []}
            async with run_application(settings) as container:
                await _asked(container, openai, 1)  # fills caches, and is not counted
                for _ in range(rounds):
                    taken["many"].append(await _asked(container, openai, CALLERS))
                    taken["one"].append(await _asked(container, openai, 1))
            return taken

        taken = rig.runner.run(measured())
    return Line(
        name=f"{CALLERS} equal requests",
        ours=taken["many"],
        against="one request",
        base=taken["one"],
        goal=1500.0,
        judged="ms",
    )


async def _asked(container: Container, openai: StandIn, callers: int) -> float:
    words, before = prompt(), len(openai.posts)

    async def answered() -> str:
        ticket = await container.generate_image()(GenerateRequest(prompt=words))
        images = await ticket.result()
        return images.images[0].image.digest

    with Watch() as watch:
        digests = await asyncio.gather(*(answered() for _ in range(callers)))
    assert len(digests) == callers
    assert len(set(digests)) == 1
    assert len(openai.posts) == before + 1
    return watch.wall


async def _hit(cache: ImageCache, repeats: int) -> float:
    with Watch() as watch:
        for _ in range(repeats):
            hit = await cache.get(NAME)
    assert hit is not None
    assert hit.entry.size == PICTURE
    return watch.wall / repeats


def _read(path: Path) -> float:
    with Watch() as watch:
        sha256(path.read_bytes()).digest()
    return watch.wall


def _edit(data: bytes) -> EditRequest:
    return EditRequest(prompt="make the sky green", images=(Image(data),))


def _named(request: EditRequest) -> float:
    with Watch() as watch:
        fingerprint(request, provider="openai", endpoint="a server", owner="local")
    return watch.wall


def _hashed(data: bytes) -> float:
    with Watch() as watch:
        sha256(data).hexdigest()
    return watch.wall
