"""Uses a cache folder that other processes use; exits with an error at the first wrong byte.

python -m tests.contracts.cache_worker FOLDER OPERATIONS SEED
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from adapters.cache.disk import DiskCache
from application.ports.image_cache import CacheEntry
from domain.image import Image

BOUND = 400_000


def expected_entry(name: str, version: int) -> CacheEntry:
    """The entry that every process writes for this name and version."""
    rng = Random(f"{name} {version}")  # noqa: S311 - reproducible bytes, no secrets
    images = (rng.randbytes(rng.choice([10, 1000, 20_000, 60_000])) for _ in range(2))
    return CacheEntry(images=tuple(Image(data) for data in images), facts={"version": version})


async def work(folder: Path, operations: int, rng: Random) -> None:
    """Get and put at random; sometimes clear, sweep, count, and reopen the folder."""
    cache = DiskCache(folder, BOUND, 3600)
    hits = 0
    for _ in range(operations):
        name = f"{rng.randrange(30):064}"
        match rng.choices("gpcsno", [60, 36, 0.5, 1, 2, 0.5])[0]:
            case "g":
                if hit := await cache.get(name):
                    version = hit.entry.facts["version"]
                    assert isinstance(version, int)
                    assert hit.entry.images == expected_entry(name, version).images
                    assert hit.entry.facts == {"version": version}
                    hits += 1
            case "p":
                await cache.put(name, expected_entry(name, rng.randrange(1000)))
            case "c":
                await cache.clear()
            case "s":
                await cache.sweep()
            case "n":
                (tier,) = await cache.stats()
                assert tier.bytes <= BOUND
            case _:
                await cache.close()
                cache = DiskCache(folder, BOUND, 3600)
    await cache.close()
    assert hits > operations / 20


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), Random(sys.argv[3])))  # noqa: S311 - as above
