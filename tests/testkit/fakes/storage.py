"""An archive that forgets when the process ends."""

from contextlib import suppress
from datetime import datetime

from application.ports.image_store import DeletionResult
from domain.errors import NotFound
from domain.image import Image
from domain.jobs import Job, JobState
from domain.requests import ImageRequest


class MemoryImageStore:
    """An Archive that forgets everything when the process ends.

    `history` has every state that was recorded, in order.
    """

    def __init__(self) -> None:
        self.history: list[Job[ImageRequest]] = []
        self.kept: dict[str, Image] = {}
        self.quarantined: list[bytes] = []
        self._owners: dict[tuple[str, str], Image] = {}

    async def check_writable(self) -> None:
        return

    async def record(self, job: Job[ImageRequest], /) -> None:
        self.history.append(job)
        for entry in job.images:
            self._owners[job.owner, entry.id] = entry.image

    async def put(self, image: Image, /) -> str:
        place = f"/kept/{image.id}.{image.format.extension}"
        self.kept[place] = image
        return place

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> str:
        known = [job.state for job in self.history if (job.id, job.owner) == (job_id, owner)]
        if not known or JobState.STORED in known:
            await self.find(image.id, owner=owner)
        return await self.put(image)

    async def put_rendition(self, rendition: Image, /, *, of: Image) -> str:
        place = f"/kept/{of.id}-{rendition.digest[:8]}.{rendition.format.extension}"
        self.kept[place] = rendition
        return place

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        self.quarantined.append(data)
        return f"/quarantine/{job_id}-{len(self.quarantined)}.{suffix}"

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        with suppress(KeyError):
            return self._owners[owner, picture_id]
        raise NotFound(f"{picture_id} cannot be had: no such picture is known.")

    async def delete(self, picture_id: str, /, *, owner: str) -> DeletionResult:
        image = await self.find(picture_id, owner=owner)
        del self._owners[owner, picture_id]
        jobs = [job for job in self.history if any(each.id == picture_id for each in job.images)]
        fingerprints = frozenset(job.fingerprint for job in jobs if job.owner == owner)
        return DeletionResult(images=1, bytes=len(image.data), fingerprints=fingerprints)

    async def prune(self, before: datetime, /, *, keep_bytes: int = 0) -> DeletionResult:
        gone: list[DeletionResult] = []
        for job in sorted(self.history, key=lambda job: job.created_at):
            for each in job.images:
                known = (job.owner, each.id) in self._owners
                if known and job.created_at < before and self._held() > keep_bytes:
                    gone.append(await self.delete(each.id, owner=job.owner))
        return DeletionResult(
            images=len(gone),
            bytes=sum(deleted.bytes for deleted in gone),
            fingerprints=frozenset(name for deleted in gone for name in deleted.fingerprints),
        )

    def _held(self) -> int:
        return sum(len(image.data) for image in self._owners.values())
