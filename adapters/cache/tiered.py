"""Several caches as one, the fastest first."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from adapters.cache.aging import AgedHit, KeepsAge
from application.ports.image_cache import Cleared, Entry, Hit, ImageCache, TierStats
from domain.errors import CacheUnavailable

T = TypeVar("T")


class TieredCache:
    """An ImageCache over others. A hit says which of them had it.

    A tier that is unavailable is passed over; CacheUnavailable is raised when all are. `clear`
    raises it when any is, after the others were emptied: it must not claim too much.

    Changes go to the slowest tier first: an older entry that `get` is just carrying from there
    to the faster ones cannot come to lie on a newer one, or in a cache that was cleared.
    """

    def __init__(self, *tiers: ImageCache) -> None:
        self._tiers = tiers

    async def get(self, key: str, /) -> Hit | None:
        failures: list[CacheUnavailable] = []
        for place, tier in enumerate(self._tiers):
            try:
                hit = await tier.get(key)
            except CacheUnavailable as failure:
                failures.append(failure)
                continue
            if hit is not None:
                await _fill(self._tiers[:place], key, hit)
                return hit
        if failures and len(failures) == len(self._tiers):
            raise failures[-1]
        return None

    async def put(self, key: str, entry: Entry, /) -> None:
        done, failures = await self._each(lambda tier: tier.put(key, entry))
        if failures and not done:
            raise failures[-1]

    async def clear(self) -> Cleared:
        """Throw everything away; what several tiers had is counted in each."""
        done, failures = await self._each(lambda tier: tier.clear())
        if failures:
            raise failures[-1]
        return Cleared(
            entries=sum(cleared.entries for cleared in done),
            bytes=sum(cleared.bytes for cleared in done),
        )

    async def sweep(self) -> int:
        """Let each tier let go of what has expired; what several tiers had is counted in each."""
        done, failures = await self._each(lambda tier: tier.sweep())
        if failures and not done:
            raise failures[-1]
        return sum(done)

    async def stats(self) -> tuple[TierStats, ...]:
        done, failures = await self._each(lambda tier: tier.stats())
        if failures and not done:
            raise failures[-1]
        return tuple(state for states in reversed(done) for state in states)

    async def close(self) -> None:
        _, failures = await self._each(lambda tier: tier.close())
        if failures:
            raise failures[-1]

    async def _each(
        self, call: Callable[[ImageCache], Awaitable[T]]
    ) -> tuple[list[T], list[CacheUnavailable]]:
        """What the tiers answer, the slowest first, and the failures of those that cannot."""
        done: list[T] = []
        failures: list[CacheUnavailable] = []
        for tier in reversed(self._tiers):
            try:
                done.append(await call(tier))
            except CacheUnavailable as failure:
                failures.append(failure)
        return done, failures


async def _fill(tiers: tuple[ImageCache, ...], key: str, hit: Hit) -> None:
    for tier in tiers:
        with suppress(CacheUnavailable):
            if isinstance(hit, AgedHit) and isinstance(tier, KeepsAge):
                await tier.take_over(key, hit)
            else:
                await tier.put(key, hit.entry)
