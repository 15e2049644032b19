"""The cache's figures as text and as structured data, for all doors."""

from collections.abc import Sequence

from application.ports.image_cache import ClearResult, TierStats
from entrypoints.wire.outputs import CacheStatsResult, ClearCacheResult, TierEntry

CLEARED = "Image cache cleared successfully."
STATISTICS = "Cache Statistics:"


def stats_text(tiers: Sequence[TierStats]) -> str:
    """One line a tier below the heading that older clients know."""
    return "\n".join([STATISTICS, *map(_line, tiers)])


def stats_result(tiers: Sequence[TierStats]) -> CacheStatsResult:
    """The same for programs."""
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
    """What older clients know by heart, and how much it was."""
    return f"{CLEARED} {cleared.entries} entries, {cleared.bytes:,} bytes; pictures on disk stay."


def cleared_result(cleared: ClearResult) -> ClearCacheResult:
    """The same for programs."""
    return ClearCacheResult(entries=cleared.entries, bytes=cleared.bytes)


def _line(stats: TierStats) -> str:
    return (
        f"- {stats.tier}: {stats.entries} entries, {stats.bytes:,} of {stats.max_bytes:,} bytes, "
        f"kept {stats.ttl:g} s; since the start {stats.hits} hits, {stats.misses} misses, "
        f"{stats.evictions} evictions"
    )
