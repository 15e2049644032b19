"""Lookups in the result cache that equal requests share."""

import asyncio

from application.jobs.running_job import AnyJob
from application.result_cache import ResultCache
from domain.results import ImageResult

Lookup = asyncio.Task[ImageResult | None]
"""A lookup; it ends with the cached result, None, or CacheUnavailable."""


class CacheLookups:
    """Runs at most one lookup at a time for equal requests."""

    def __init__(self, result_cache: ResultCache) -> None:
        self._result_cache = result_cache
        self._running: dict[str, Lookup] = {}

    async def finished(self, job: AnyJob) -> Lookup:
        """A lookup that has ended, however it ended. Canceling the caller does not cancel it."""
        lookup = self._running.get(job.fingerprint)
        if lookup is None:
            lookup = asyncio.create_task(self._result_cache.get(job))
            self._running[job.fingerprint] = lookup
            lookup.add_done_callback(lambda ended: self._end(job.fingerprint, ended))
        await asyncio.wait({lookup})
        return lookup

    def _end(self, fingerprint: str, ended: Lookup) -> None:
        del self._running[fingerprint]
        _ = ended.cancelled() or ended.exception()  # it counts as retrieved


def has_result(lookup: Lookup) -> bool:
    """Whether this ended lookup found a result."""
    failed = lookup.cancelled() or lookup.exception() is not None
    return not failed and lookup.result() is not None
