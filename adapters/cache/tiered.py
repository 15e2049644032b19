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

    A tier that is unavailable is skipped; CacheUnavailable is raised if all are. `clear` raises it
    if any is, after the others were cleared, because entries may be left. Each failure that is not
    raised is passed to `on_tier_failure`, whose own errors are ignored.

    Changes are made in the slowest tier first: an older entry that `get` is copying from there to
    the faster tiers can then neither replace a newer one nor end up in a cache that was cleared.
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
        for index, tier in enumerate(self._tiers):
            try:
                hit = await tier.get(key)
            except CacheUnavailable as failure:
                failures.append(failure)
                continue
            if hit is not None:
                await self._fill(self._tiers[:index], key, hit.entry)
                break
        self._raise_or_report(failures, fatal=len(failures) == len(self._tiers))
        return hit

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        await self._each(self._tiers, lambda tier: tier.put(key, entry))

    async def delete(self, key: str, /) -> None:
        await self._each(self._tiers, lambda tier: tier.delete(key))

    async def clear(self) -> ClearResult:
        """Remove all entries. One that several tiers have is counted in each."""
        results = await self._each(self._tiers, lambda tier: tier.clear(), all_must=True)
        return ClearResult(
            entries=sum(cleared.entries for cleared in results),
            bytes=sum(cleared.bytes for cleared in results),
        )

    async def sweep(self) -> int:
        """Sweep the tiers that need it. An entry that several tiers have is counted in each."""
        sweepable = [tier for tier in self._tiers if isinstance(tier, Sweepable)]
        return sum(await self._each(sweepable, lambda tier: tier.sweep()))

    async def stats(self) -> tuple[TierStats, ...]:
        counting = [tier for tier in self._tiers if isinstance(tier, HasCacheStats)]
        results = await self._each(counting, lambda tier: tier.stats())
        return tuple(state for states in reversed(results) for state in states)

    async def close(self) -> None:
        await self._each(self._tiers, lambda tier: tier.close(), all_must=True)

    async def _each(
        self,
        tiers: Iterable[Tier],
        call: Callable[[Tier], Awaitable[T]],
        *,
        all_must: bool = False,
    ) -> list[T]:
        """Call the tiers, the slowest first, and return their results.

        Raises CacheUnavailable if all fail, or with `all_must` if one fails.
        """
        results: list[T] = []
        failures: list[CacheUnavailable] = []
        for tier in reversed(list(tiers)):
            try:
                results.append(await call(tier))
            except CacheUnavailable as failure:
                failures.append(failure)
        self._raise_or_report(failures, fatal=all_must or not results)
        return results

    async def _fill(self, tiers: tuple[ImageCache, ...], key: str, entry: CacheEntry) -> None:
        for tier in tiers:
            try:
                await tier.put(key, entry)
            except CacheUnavailable as failure:
                self._report(failure)

    def _raise_or_report(self, failures: list[CacheUnavailable], *, fatal: bool) -> None:
        last = failures.pop() if failures and fatal else None
        for failure in failures:
            self._report(failure)
        if last is not None:
            raise last

    def _report(self, failure: CacheUnavailable) -> None:
        with suppress(Exception):  # a callback that breaks its promise must not cost an image
            self._on_tier_failure(failure)
