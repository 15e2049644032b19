"""The state of the cache as text and as structured data, for every entry point."""

from collections.abc import Sequence

from application.use_cases.cache_stats import TierStats
from application.use_cases.clear_cache import ClearResult
from entrypoints.wire.outputs import CacheStatsResult, ClearCacheResult, TierEntry

CLEARED = "Image cache cleared successfully."
STATISTICS = "Cache Statistics:"


def stats_text(tiers: Sequence[TierStats]) -> str:
    """One line a tier, below the heading that clients of version 1 parse."""
    return "\n".join([STATISTICS, *map(_line, tiers)])


def stats_result(tiers: Sequence[TierStats]) -> CacheStatsResult:
    """The same, structured."""
    return CacheStatsResult(
        tiers=[
            TierEntry(
                tier=stats.tier,
                entries=stats.entries,
                bytes=stats.bytes,
                max_bytes=stats.max_bytes,
                ttl_seconds=stats.ttl,
                hits=stats.hits,
                misses=stats.misses,
                evictions=stats.evictions,
            )
            for stats in tiers
        ]
    )


def cleared_text(cleared: ClearResult) -> str:
    """The line that clients of version 1 parse, and how much was removed."""
    return f"{CLEARED} {cleared.entries} entries, {cleared.bytes:,} bytes; pictures on disk stay."


def cleared_result(cleared: ClearResult) -> ClearCacheResult:
    """The same, structured."""
    return ClearCacheResult(entries=cleared.entries, bytes=cleared.bytes)


def _line(stats: TierStats) -> str:
    return (
        f"- {stats.tier}: {stats.entries} entries, {stats.bytes:,} of {stats.max_bytes:,} bytes, "
        f"kept {stats.ttl:g} s; since the start {stats.hits} hits, {stats.misses} misses, "
        f"{stats.evictions} evictions"
    )
