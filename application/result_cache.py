"""What the pipeline remembers of earlier answers; trouble with the cache is never the job's."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from application.cached_results import entry_of, images_of
from application.forgetting import forgotten
from application.ports.image_cache import ImageCache
from application.ports.image_store import Archive
from domain.errors import ArchiveUnavailable, CacheUnavailable, NotFound
from domain.events import CacheFailed, CacheHit, JobEvent
from domain.jobs import Job
from domain.requests import PictureRequest
from domain.results import ImageSet, Picture

Tell = Callable[[JobEvent], None]

A_LOOK_COUNTS_FOR = 1.0
"""Seconds for which a file that was there is taken to be there still. Whoever is given its place
comes a moment later anyway, and finds what is there then."""


class Memory:
    """Recalls answers from the cache, and keeps new ones there, by the job's fingerprint.

    Times are those of `clock`, in seconds.
    """

    def __init__(
        self, cache: ImageCache, archive: Archive, clock: Callable[[], float] = monotonic
    ) -> None:
        self.cache = cache
        self.archive = archive
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[str, float]] = {}

    async def recall(self, job: Job[PictureRequest], tell: Tell) -> ImageSet | None:
        """The kept answer, or None: a cache that fails has none, and nobody has what was deleted.

        Its pictures are on disk, or were A_LOOK_COUNTS_FOR seconds ago at most. Those of which
        the archive cannot tell have no place.
        """
        images = await self._cached(job, tell)
        if images is None:
            return None
        try:
            pictures = [await self._placed(each, images, job.owner) for each in images.pictures]
        except NotFound:  # another process has deleted it, and knows nothing of our memory
            await self._forget(job, tell)
            return None
        tell(CacheHit(job_id=job.id, tier=images.served_from.value))
        return replace(images, pictures=tuple(pictures))

    async def _cached(self, job: Job[PictureRequest], tell: Tell) -> ImageSet | None:
        try:
            hit = await self.cache.get(job.fingerprint)
            return images_of(hit) if hit is not None else None
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))
        except (ArithmeticError, KeyError, ValueError):  # an entry of another version
            return None
        except Exception as error:  # noqa: BLE001 - no cache may raise it; no job bets on that
            tell(CacheFailed(job_id=job.id, error=_failed(error)))
        return None

    async def _forget(self, job: Job[PictureRequest], tell: Tell) -> None:
        try:
            await forgotten(self.cache, job.fingerprint)
        except Exception as error:  # noqa: BLE001 - as above
            tell(CacheFailed(job_id=job.id, error=_failed(error)))

    async def keep(self, job: Job[PictureRequest], images: ImageSet, tell: Tell) -> None:
        """Keep an answer that is whole and as asked; one that is not is asked for anew."""
        odd = any(picture.notes or not picture.place for picture in images.pictures)
        if odd or len(images.pictures) != job.request.n:
            return
        try:
            await self.cache.put(job.fingerprint, entry_of(images))
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))
        except Exception as error:  # noqa: BLE001 - as above
            tell(CacheFailed(job_id=job.id, error=_failed(error)))

    async def _placed(self, picture: Picture, images: ImageSet, owner: str) -> Picture:
        """The file is usually there; if somebody took it away, it is written again.

        Raises NotFound for a picture that was deleted.
        """
        now, its = self._clock(), (picture.id, owner)
        place, seen = self._seen.get(its, (None, now))
        if place is None or now - seen >= A_LOOK_COUNTS_FOR:
            try:
                place = await self.archive.place_of(
                    picture.image, owner=owner, job_id=images.job_id
                )
            except ArchiveUnavailable:
                return picture
            self._note(its, place, now)
        return replace(picture, place=place)

    def _note(self, its: tuple[str, str], place: str, now: float) -> None:
        """Remember a look, and forget those that count no more."""
        looks = self._seen.items()
        self._seen = {key: look for key, look in looks if now - look[1] < A_LOOK_COUNTS_FOR}
        self._seen[its] = place, now


def _failed(error: Exception) -> CacheUnavailable:
    return CacheUnavailable(f"The cache failed ({type(error).__name__}).")
