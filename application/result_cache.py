"""Results of earlier jobs, by the job's fingerprint."""

from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import MISSING, Field, astuple, fields, replace
from datetime import datetime
from decimal import Decimal
from time import monotonic
from typing import Any, TypeVar

from application.image_library import ImageLibrary, NotRecorded
from application.ports.image_cache import CacheEntry, CacheHit, Fact, ImageCache
from domain.errors import ArchiveUnavailable, CacheUnavailable, NotFound
from domain.image import StoredRef
from domain.job_records import OwnedImage
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult, MainlineUsage, ResultImage, Usage

T = TypeVar("T")

STORED_CHECK_SECONDS = 1.0
"""Seconds after a check for which an image counts as still stored. A caller reads the path a moment
later anyway, so a check this recent is good enough."""


class ResultCache:
    """Gets and puts results. `clock` counts seconds and never jumps.

    Both methods raise CacheUnavailable, whatever exception the cache raised. The job then continues
    without the cache.
    """

    def __init__(
        self, cache: ImageCache, library: ImageLibrary, clock: Callable[[], float] = monotonic
    ) -> None:
        self.cache = cache
        self.library = library
        self._clock = clock
        self._checks: dict[OwnedImage, tuple[StoredRef, float]] = {}

    async def get(self, job: Job[ImageRequest]) -> ImageResult | None:
        """Return the result of an equal job, or None if there is none or it was deleted.

        Its images are stored, or were at most STORED_CHECK_SECONDS ago. Images that the store could
        not check have no stored ref. A result whose job the records do not know, because they were
        lost, is stored and recorded again, at the time and the cost of its original.
        """
        result = await _call(self._cached(job.fingerprint))
        if result is None:
            return None
        if result.revised_prompt is not None and await self._is_cleared(result.job_id, job.owner):
            return None
        try:
            images = [
                await self._verify_stored(image, result.job_id, job.owner)
                for image in result.images
            ]
        except NotRecorded:
            return await self._record_again(job, result)
        except NotFound:  # deleted by another process, which cannot reach the memory of this one
            await _call(delete_entries(self.cache, [job.fingerprint]))
            return None
        return replace(result, images=tuple(images))

    async def _is_cleared(self, job_id: str, owner: str) -> bool:
        """Whether the texts of the job were cleared with its conversation.

        Another process that does that cannot reach the memory of this one.
        """
        try:
            record = await self.library.records.get(job_id, owner=owner)
        except ArchiveUnavailable:
            return False
        return record is not None and record.is_cleared

    async def _record_again(self, job: Job[ImageRequest], result: ImageResult) -> ImageResult:
        original = replace(
            job,
            id=result.job_id,
            key=None,
            requested_model=result.requested_model,
            created_at=result.created_at,
            notes=(),
        )
        with suppress(ArchiveUnavailable):
            images = await self.library.record_again(original.dispatched(), result)
            return replace(result, images=images)
        return result

    async def _cached(self, key: str) -> ImageResult | None:
        hit = await self.cache.get(key)
        return None if hit is None else from_hit(hit)

    async def put(self, job: Job[ImageRequest], result: ImageResult) -> None:
        """Cache a result that is complete and as requested; any other is generated again.

        So is one whose conversation was cleared: before, or while its entry was being written.
        """
        partial = any(image.notes or not image.stored for image in result.images)
        if partial or len(result.images) != job.request.n:
            return
        await _call(self.cache.put(job.fingerprint, to_entry(result)))
        may_be_cleared = job.request.conversation is not None or job.handle is not None
        if may_be_cleared and await self._is_cleared(job.id, job.owner):
            await delete_entries(self.cache, [job.fingerprint])

    async def _verify_stored(self, image: ResultImage, job_id: str, owner: str) -> ResultImage:
        """Return the image with its stored ref; store it again if its bytes are gone.

        Raises NotFound for an image that was deleted.
        """
        now, key = self._clock(), OwnedImage(image.id, owner)
        stored, checked_at = self._checks.get(key, (None, now))
        if stored is None or now - checked_at >= STORED_CHECK_SECONDS:
            try:
                stored = await self.library.ensure_stored(image.image, owner=owner, job_id=job_id)
            except ArchiveUnavailable:
                return image
            self._remember_check(key, stored, now)
        return replace(image, stored=stored)

    def _remember_check(self, key: OwnedImage, stored: StoredRef, now: float) -> None:
        """Remember this check, and drop those that are too old."""
        self._checks = {
            known: check
            for known, check in self._checks.items()
            if now - check[1] < STORED_CHECK_SECONDS
        }
        self._checks[key] = stored, now


async def delete_entries(cache: ImageCache, keys: Iterable[str]) -> None:
    """Delete these entries. If the cache is unavailable, they cannot be read either."""
    for key in keys:
        with suppress(CacheUnavailable):
            await cache.delete(key)


async def _call(operation: Coroutine[Any, Any, T]) -> T:
    """Await the cache; any exception becomes CacheUnavailable, so that no job fails with it."""
    try:
        return await operation
    except CacheUnavailable:
        raise
    except Exception as error:
        raise CacheUnavailable(f"The cache failed ({type(error).__name__}).") from error


NOT_CACHED = {
    *("images", "served_from", "estimate", "day_spending", "continuation", "turn"),
    "requested_size",  # two callers can write one size in two ways
}
RESULT_FIELDS = [field for field in fields(ImageResult) if field.name not in NOT_CACHED]
"""The fields of a result that a cache entry has as facts."""
FACT_NAMES = {
    "requested_model": "asked_model",
    "created_at": "made_at",
    "generation_cost": "cost",
    "usage": "tokens",
}
"""The names of fields in cache entries, where they differ; released caches on disk have them."""


OWN_TOKENS = 5
"""The first fields of Usage are counts of tokens."""


def to_entry(result: ImageResult) -> CacheEntry:
    """The cache entry of a result: the provider's bytes, and the facts about them."""
    facts = {_fact_name(field): _to_fact(getattr(result, field.name)) for field in RESULT_FIELDS}
    return CacheEntry(images=tuple(image.image for image in result.images), facts=facts)


def from_hit(hit: CacheHit) -> ImageResult | None:
    """The result in a cache entry, served from that cache; None for an entry of another version.

    The entry may lack facts that have a default in ImageResult.
    """
    facts = hit.entry.facts
    try:
        values = {
            field.name: _from_fact(field.name, facts[_fact_name(field)])
            for field in RESULT_FIELDS
            if _fact_name(field) in facts or field.default is MISSING
        }
    except (ArithmeticError, KeyError, ValueError):
        return None
    images = tuple(ResultImage(image=image) for image in hit.entry.images)
    return ImageResult(images=images, served_from=hit.source, **values)


def _fact_name(field: Field[Any]) -> str:
    return FACT_NAMES.get(field.name, field.name)


def _to_fact(value: object) -> Fact:
    match value:
        case None | str():
            return value
        case datetime():
            return value.isoformat()
        case Usage():
            return _to_tokens(value)
        case tuple():
            return list(value)
        case _:
            return str(value)


def _from_fact(name: str, fact: Fact) -> Any:  # noqa: ANN401 - the type of the field
    match name:
        case "notes":
            return tuple(fact) if isinstance(fact, list) else ()
        case "created_at":
            return datetime.fromisoformat(str(fact))
        case "generation_cost":
            return None if fact is None else Decimal(str(fact))
        case "usage":
            return _usage(str(fact)) if fact else None
        case _:
            return None if fact is None else str(fact)


def _to_tokens(usage: Usage) -> str:
    """The token counts in the order of the fields, those of a mainline model last.

    A reported cost is left out: the entry has the cost of the result.
    """
    own = astuple(replace(usage, mainline=None))[:OWN_TOKENS]
    return " ".join(map(str, (*own, *(astuple(usage.mainline) if usage.mainline else ()))))


def _usage(tokens: str) -> Usage:
    """Parse the token counts; entries of earlier versions have only three."""
    text_in, image_in, out, *more = map(int, tokens.split())
    cached, mainline = more[:2], more[2:]
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=image_in,
        tokens_out=out,
        cached_text_tokens_in=sum(cached[:1]),
        cached_image_tokens_in=sum(cached[1:]),
        mainline=_mainline(*mainline) if mainline else None,
    )


def _mainline(into: int, out: int, cached: int, written: int) -> MainlineUsage:
    return MainlineUsage(
        tokens_in=into, tokens_out=out, cached_tokens_in=cached, written_tokens_in=written
    )
