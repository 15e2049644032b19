"""The smallest cache that there is."""

from application.ports.image_cache import CacheEntry, CacheHit, ClearResult
from domain.errors import CacheUnavailable


class DictCache:
    """An ImageCache without bounds, in which nothing expires; `fails` makes every method raise."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.entries: dict[str, CacheEntry] = {}
        self.hits = self.misses = 0

    async def get(self, key: str, /) -> CacheHit | None:
        self._answer()
        entry = self.entries.get(key)
        self.hits += entry is not None
        self.misses += entry is None
        return None if entry is None else CacheHit(entry=entry, source="dict")

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        self._answer()
        self.entries[key] = entry

    async def delete(self, key: str, /) -> None:
        self._answer()
        self.entries.pop(key, None)

    async def clear(self) -> ClearResult:
        self._answer()
        sizes = [entry.size for entry in self.entries.values()]
        self.entries.clear()
        return ClearResult(entries=len(sizes), bytes=sum(sizes))

    async def close(self) -> None:
        return

    def _answer(self) -> None:
        if self.fails:
            raise CacheUnavailable("The cache is broken.")
