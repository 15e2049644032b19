"""Several caches as one, the fastest first."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from application.ports.image_cache import (
    CacheEntry,
    CacheHit,
    ClearResult,
    HasCacheStats,
    ImageCache,
    Sweepable,
    TierStats,
)
from domain.errors import CacheUnavailable

Tier = TypeVar("Tier")
T = TypeVar("T")


class TieredCache:
    """An ImageCache over others. A hit names the one that had the entry.

    A tier that is unavailable is skipped; CacheUnavailable is raised when all are. `clear` raises
    it when any is, after the others were emptied: it must not claim too much. Each failure that
    is not raised is passed to `on_tier_failure`, whose own errors are ignored.

    Changes go to the slowest tier first: an older entry that `get` is just copying from there
    to the faster ones cannot replace a newer one, or end up in a cache that was cleared.
    """

    def __init__(
        self,
        *tiers: ImageCache,
        on_tier_failure: Callable[[CacheUnavailable], object] = lambda _: None,
    ) -> None:
        self._tiers = tiers
        self._on_tier_failure = on_tier_failure

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
                await self._fill(self._tiers[:place], key, hit.entry)
                break
        self._settle(failures, fatal=len(failures) == len(self._tiers))
        return hit

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        await self._each(self._tiers, lambda tier: tier.put(key, entry))

    async def delete(self, key: str, /) -> None:
        await self._each(self._tiers, lambda tier: tier.delete(key))

    async def clear(self) -> ClearResult:
        """Remove all entries. One that several tiers have is counted in each."""
        done = await self._each(self._tiers, lambda tier: tier.clear(), all_must=True)
        return ClearResult(
            entries=sum(cleared.entries for cleared in done),
            bytes=sum(cleared.bytes for cleared in done),
        )

    async def sweep(self) -> int:
        """Sweep the tiers that need it. An entry that several tiers have is counted in each."""
        sweepable = [tier for tier in self._tiers if isinstance(tier, Sweepable)]
        return sum(await self._each(sweepable, lambda tier: tier.sweep()))

    async def stats(self) -> tuple[TierStats, ...]:
        counting = [tier for tier in self._tiers if isinstance(tier, HasCacheStats)]
        done = await self._each(counting, lambda tier: tier.stats())
        return tuple(state for states in reversed(done) for state in states)

    async def close(self) -> None:
        await self._each(self._tiers, lambda tier: tier.close(), all_must=True)

    async def _each(
        self,
        tiers: Iterable[Tier],
        call: Callable[[Tier], Awaitable[T]],
        *,
        all_must: bool = False,
    ) -> list[T]:
        """What the tiers answer, the slowest first; raise if none can, or if one of all cannot."""
        done: list[T] = []
        failures: list[CacheUnavailable] = []
        for tier in reversed(list(tiers)):
            try:
                done.append(await call(tier))
            except CacheUnavailable as failure:
                failures.append(failure)
        self._settle(failures, fatal=all_must or not done)
        return done

    async def _fill(self, tiers: tuple[ImageCache, ...], key: str, entry: CacheEntry) -> None:
        for tier in tiers:
            try:
                await tier.put(key, entry)
            except CacheUnavailable as failure:
                self._report(failure)

    def _settle(self, failures: list[CacheUnavailable], *, fatal: bool) -> None:
        last = failures.pop() if failures and fatal else None
        for failure in failures:
            self._report(failure)
        if last is not None:
            raise last

    def _report(self, failure: CacheUnavailable) -> None:
        with suppress(Exception):  # it promises not to raise; an image must not depend on that
            self._on_tier_failure(failure)
