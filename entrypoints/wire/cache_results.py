"""The state of the cache as text and as structured data, for every entry point."""

from collections.abc import Sequence

from application.use_cases.cache_stats import TierStats
from application.use_cases.clear_cache import ClearResult
from domain.counts import count
from entrypoints.wire.outputs import CacheStatsResult, ClearCacheResult, TierEntry

CLEARED = "Image cache cleared successfully."
IN_MEMORY = "memory"
STATISTICS = "Cache Statistics:"


def stats_text(tiers: Sequence[TierStats]) -> str:
    """One line a tier, below the heading that clients of version 1 parse."""
    return "\n".join([STATISTICS, *map(_line, tiers)])


def stored_text(tiers: Sequence[TierStats]) -> str:
    """What is left of a command's cache when the command has ended: the tiers on disk."""
    lines = [
        f"{stats.tier}: {count(stats.entries, 'entry', 'entries')}, {stats.bytes / 1e6:,.1f} of "
        f"{stats.max_bytes / 1e6:,g} MB; an entry lives {stats.ttl:g} s"
        for stats in tiers
        if stats.tier != IN_MEMORY
    ]
    return "\n".join(lines) or "There is no cache on disk."


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
    removed = count(cleared.entries, "entry", "entries")
    return f"{CLEARED} Removed {removed} ({cleared.bytes:,} bytes). Stored images are kept."


def cleared_result(cleared: ClearResult) -> ClearCacheResult:
    """The same, structured."""
    return ClearCacheResult(entries=cleared.entries, bytes=cleared.bytes)


def _line(stats: TierStats) -> str:
    return (
        f"- {stats.tier}: {count(stats.entries, 'entry', 'entries')}, "
        f"{stats.bytes:,} of {stats.max_bytes:,} bytes, lifetime {stats.ttl:g} s; since start: "
        f"{count(stats.hits, 'hit')}, {count(stats.misses, 'miss', 'misses')}, "
        f"{count(stats.evictions, 'eviction')}"
    )
