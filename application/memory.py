"""What the pipeline remembers of earlier answers; trouble with the cache is never the job's."""

from collections.abc import Callable
from dataclasses import replace

from application.ports.archive import Archive
from application.ports.image_cache import ImageCache
from application.remembered import entry_of, images_of
from domain.errors import ArchiveUnavailable, CacheUnavailable
from domain.events import CacheFailed, CacheHit, JobEvent
from domain.jobs import Job
from domain.requests import PictureRequest
from domain.results import ImageSet, Picture

Tell = Callable[[JobEvent], None]


class Memory:
    """Recalls answers from the cache, and keeps new ones there, by the job's fingerprint."""

    def __init__(self, cache: ImageCache, archive: Archive) -> None:
        self.cache = cache
        self.archive = archive

    async def recall(self, job: Job[PictureRequest], tell: Tell) -> ImageSet | None:
        """The kept answer, its pictures on disk, or None; a cache that fails has none."""
        try:
            hit = await self.cache.get(job.fingerprint)
            images = images_of(hit) if hit is not None else None
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))
            return None
        except (KeyError, ValueError):  # an entry of another version
            return None
        if images is None:
            return None
        tell(CacheHit(job_id=job.id, tier=images.served_from.value))
        pictures = [await self._placed(picture) for picture in images.pictures]
        return replace(images, pictures=tuple(pictures))

    async def keep(self, job: Job[PictureRequest], images: ImageSet, tell: Tell) -> None:
        """Keep an answer that is whole and as asked; one that is not is asked for anew."""
        odd = any(picture.notes or not picture.place for picture in images.pictures)
        if odd or len(images.pictures) != job.request.n:
            return
        try:
            await self.cache.put(job.fingerprint, entry_of(images))
        except CacheUnavailable as error:
            tell(CacheFailed(job_id=job.id, error=error))

    async def _placed(self, picture: Picture) -> Picture:
        """The file is usually there; if somebody took it away, it is written again."""
        try:
            return replace(picture, place=await self.archive.keep(picture.image))
        except ArchiveUnavailable:
            return picture
