"""Several caches as one, the fastest first."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, ImageCache, TierStats
from domain.errors import CacheUnavailable

T = TypeVar("T")


class TieredCache:
    """An ImageCache over others. A hit says which of them had it.

    A tier that is unavailable is passed over; CacheUnavailable is raised when all are. `clear`
    raises it when any is, after the others were emptied: it must not claim too much. Each failure
    that is not raised is told to `passed_over`, whose own faults are nobody's.

    Changes go to the slowest tier first: an older entry that `get` is just carrying from there
    to the faster ones cannot come to lie on a newer one, or in a cache that was cleared.
    """

    def __init__(
        self,
        *tiers: ImageCache,
        passed_over: Callable[[CacheUnavailable], object] = lambda _: None,
    ) -> None:
        self._tiers = tiers
        self._passed_over = passed_over

    async def get(self, key: str, /) -> CacheHit | None:
        hit = None
        failures: list[CacheUnavailable] = []
        for place, tier in enumerate(self._tiers):
            try:
                hit = await tier.get(key)
            except CacheUnavailable as failure:
                failures.append(failure)
                continue
            if hit is not None:
                await self._fill(self._tiers[:place], key, hit)
                break
        self._settle(failures, fatal=len(failures) == len(self._tiers))
        return hit

    async def put(self, key: str, entry: CacheEntry, /, *, age: float = 0.0) -> None:
        await self._each(lambda tier: tier.put(key, entry, age=age))

    async def clear(self) -> ClearResult:
        """Throw everything away; what several tiers had is counted in each."""
        done = await self._each(lambda tier: tier.clear(), all_must=True)
        return ClearResult(
            entries=sum(cleared.entries for cleared in done),
            bytes=sum(cleared.bytes for cleared in done),
        )

    async def sweep(self) -> int:
        """Let each tier let go of what has expired; what several tiers had is counted in each."""
        return sum(await self._each(lambda tier: tier.sweep()))

    async def stats(self) -> tuple[TierStats, ...]:
        done = await self._each(lambda tier: tier.stats())
        return tuple(state for states in reversed(done) for state in states)

    async def close(self) -> None:
        await self._each(lambda tier: tier.close(), all_must=True)

    async def _each(
        self, call: Callable[[ImageCache], Awaitable[T]], *, all_must: bool = False
    ) -> list[T]:
        """What the tiers answer, the slowest first; raise if none can, or if one of all cannot."""
        done: list[T] = []
        failures: list[CacheUnavailable] = []
        for tier in reversed(self._tiers):
            try:
                done.append(await call(tier))
            except CacheUnavailable as failure:
                failures.append(failure)
        self._settle(failures, fatal=all_must or not done)
        return done

    async def _fill(self, tiers: tuple[ImageCache, ...], key: str, hit: CacheHit) -> None:
        for tier in tiers:
            try:
                await tier.put(key, hit.entry, age=hit.age)
            except CacheUnavailable as failure:
                self._tell(failure)

    def _settle(self, failures: list[CacheUnavailable], *, fatal: bool) -> None:
        last = failures.pop() if failures and fatal else None
        for failure in failures:
            self._tell(failure)
        if last is not None:
            raise last

    def _tell(self, failure: CacheUnavailable) -> None:
        with suppress(Exception):  # it promises not to raise; a picture does not bet on it
            self._passed_over(failure)
