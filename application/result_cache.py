"""What the pipeline remembers of earlier answers; trouble with the cache is never the job's."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from application.cached_results import from_hit, to_entry
from application.ports.image_cache import ImageCache
from application.ports.image_store import ImageStore
from domain.errors import ArchiveUnavailable, CacheUnavailable, NotFound
from domain.events import CacheFailed, JobEvent, ServedFromCache
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage

Tell = Callable[[JobEvent], None]

STORED_CHECK_SECONDS = 1.0
"""Seconds for which a file that was there is taken to be there still. Whoever is given its place
comes a moment later anyway, and finds what is there then."""


class ResultCache:
    """Recalls answers from the cache, and keeps new ones there, by the job's fingerprint.

    Times are those of `clock`, in seconds.
    """

    def __init__(
        self, cache: ImageCache, archive: ImageStore, clock: Callable[[], float] = monotonic
    ) -> None:
        self.cache = cache
        self.archive = archive
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[str, float]] = {}

    async def get(self, job: Job[ImageRequest], tell: Tell) -> ImageResult | None:
        """The kept answer, or None: a cache that fails has none, and nobody has what was deleted.

        Its pictures are on disk, or were A_LOOK_COUNTS_FOR seconds ago at most. Those of which
        the archive cannot tell have no place.
        """
        images = await self._cached(job, tell)
        if images is None:
            return None
        try:
            pictures = [
                await self._verify_stored(each, images, job.owner) for each in images.images
            ]
        except NotFound:  # another process has deleted it, and knows nothing of our memory
            await self._delete(job, tell)
            return None
        tell(ServedFromCache(job_id=job.id, source=images.served_from))
        return replace(images, images=tuple(pictures))

    async def _cached(self, job: Job[ImageRequest], tell: Tell) -> ImageResult | None:
        try:
            hit = await self.cache.get(job.fingerprint)
            return from_hit(hit) if hit is not None else None
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))
        except (ArithmeticError, KeyError, ValueError):  # an entry of another version
            return None
        except Exception as error:  # noqa: BLE001 - no cache may raise it; no job bets on that
            tell(CacheFailed(job_id=job.id, error=_failed(error)))
        return None

    async def _delete(self, job: Job[ImageRequest], tell: Tell) -> None:
        try:
            await self.cache.delete(job.fingerprint)
        except CacheUnavailable:
            return  # its entries cannot be read either
        except Exception as error:  # noqa: BLE001 - as above
            tell(CacheFailed(job_id=job.id, error=_failed(error)))

    async def put(self, job: Job[ImageRequest], images: ImageResult, tell: Tell) -> None:
        """Keep an answer that is whole and as asked; one that is not is asked for anew."""
        odd = any(picture.notes or not picture.location for picture in images.images)
        if odd or len(images.images) != job.request.n:
            return
        try:
            await self.cache.put(job.fingerprint, to_entry(images))
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))
        except Exception as error:  # noqa: BLE001 - as above
            tell(CacheFailed(job_id=job.id, error=_failed(error)))

    async def _verify_stored(
        self, picture: ResultImage, images: ImageResult, owner: str
    ) -> ResultImage:
        """The file is usually there; if somebody took it away, it is written again.

        Raises NotFound for a picture that was deleted.
        """
        now, its = self._clock(), (picture.id, owner)
        place, seen = self._seen.get(its, (None, now))
        if place is None or now - seen >= STORED_CHECK_SECONDS:
            try:
                place = await self.archive.ensure_stored(
                    picture.image, owner=owner, job_id=images.job_id
                )
            except ArchiveUnavailable:
                return picture
            self._remember_check(its, place, now)
        return replace(picture, location=place)

    def _remember_check(self, its: tuple[str, str], place: str, now: float) -> None:
        """Remember a look, and forget those that count no more."""
        looks = self._seen.items()
        self._seen = {key: look for key, look in looks if now - look[1] < STORED_CHECK_SECONDS}
        self._seen[its] = place, now


def _failed(error: Exception) -> CacheUnavailable:
    return CacheUnavailable(f"The cache failed ({type(error).__name__}).")
