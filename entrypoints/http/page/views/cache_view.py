"""The view of the cache: what it holds, how often it helped, and a button that clears it."""

from litestar import get, post
from litestar.types import ASGIApp

from application.use_cases.cache_stats import TierStats
from entrypoints.http.page.responses import json_document
from entrypoints.http.page.view import Values, View, show
from entrypoints.http.request_context import AnyRequest, container_of
from entrypoints.wire.cache_results import cleared_text, stats_result
from entrypoints.wire.outputs import to_json


async def _values(request: AnyRequest) -> Values:
    tiers = await container_of(request).cache_stats()()
    return {"tiers": [_row(tier) for tier in tiers], "done": ""}


@post("/page/cache/clear", status_code=200)
async def clear_cache(request: AnyRequest) -> ASGIApp:
    """Clear it; stored images stay."""
    cleared = await container_of(request).clear_cache()()
    values = {**await _values(request), "done": cleared_text(cleared)}
    return show(request, "cache_tiers.html", values)


@get("/page/cache/json")
async def cache_json(request: AnyRequest) -> ASGIApp:
    """The same as JSON."""
    return json_document(to_json(stats_result(await container_of(request).cache_stats()())))


def _row(tier: TierStats) -> dict[str, object]:
    asked = tier.hits + tier.misses
    return {
        "name": tier.tier,
        "entries": tier.entries,
        "used": f"{tier.bytes / 1e6:,.1f} of {tier.max_bytes / 1e6:,g} MB",
        "bytes": tier.bytes,
        "max_bytes": tier.max_bytes,
        "ttl": f"{tier.ttl:,g} s",
        "hits": tier.hits,
        "misses": tier.misses,
        "share": f"{tier.hits / asked:.0%}" if asked else "-",
        "evictions": tier.evictions,
    }


VIEW = View(
    name="cache",
    title="Cache",
    values=_values,
    json="page/cache/json",
    parts=(clear_cache, cache_json),
)
