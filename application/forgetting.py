"""Letting a cache forget an entry."""

from math import inf

from application.ports.image_cache import CacheEntry, ImageCache
from domain.errors import CacheUnavailable


async def forgotten(cache: ImageCache, key: str) -> None:
    """An entry that is too old to be kept takes the place of the one of this key."""
    try:
        await cache.put(key, CacheEntry(images=()), age=inf)
    except CacheUnavailable:
        return  # whose entries nobody can read either
