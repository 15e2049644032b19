"""Use case: find the image that a caller names in another way than by its whole ID."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.job_repository import JobRepository
from domain.errors import InvalidRequest, NotFound
from domain.jobs import LOCAL

NEWEST = frozenset({"last", "latest", "newest", "last image", "latest image", "the last image"})
"""Words for the image that was generated last."""
SHORT_ID = re.compile(r"^(?:img_)?([0-9a-f]{8,31})$")
JOB_ID = re.compile(r"^job_[0-9a-f]{32}$")


@dataclass(frozen=True, slots=True)
class RecentImage:
    """An image, and the prompt that it was generated from."""

    id: str
    prompt: str


class FindImage:
    """Looks names up in the records; opens no file and no address."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(
        self, name: str, /, *, owner: str = LOCAL, newest: bool = True
    ) -> str | None:
        """Return the ID of the image with this name; None if this owner has no such image.

        A name is the ID of a job with one image, the beginning of an image's ID (8 hex digits or
        more), a path or link whose last part is the file name of a stored image, or, if `newest`
        is true, `last`. Raises InvalidRequest for a name of several images, NotFound for the ID of
        an unknown job, and ArchiveUnavailable.
        """
        if newest and name.strip().casefold() in NEWEST:
            latest = await self.latest(owner=owner, limit=1)
            return latest[0].id if latest else None
        if JOB_ID.match(name):
            return await self._of_job(name, owner)
        return await self._called(name, owner)

    async def latest(self, /, *, owner: str = LOCAL, limit: int = 5) -> Sequence[RecentImage]:
        """Return the newest images of this owner, the newest first."""
        records = await self.records.recent(owner=owner, limit=limit)
        images = [RecentImage(image.id, each.prompt) for each in records for image in each.images]
        return images[:limit]

    async def _of_job(self, job_id: str, owner: str) -> str:
        record = await self.records.get(job_id, owner=owner)
        if record is None:
            raise NotFound.of_id("job", job_id)
        if not record.images:
            raise InvalidRequest(
                f"{job_id} has no image yet.",
                field="image",
                hint="Wait until the job has ended, then use its image.",
            )
        return _only(job_id, [image.id for image in record.images])

    async def _called(self, name: str, owner: str) -> str | None:
        short, file_name = SHORT_ID.match(name), re.split(r"[/\\]", name.partition("?")[0])[-1]
        if not short and "." not in file_name:  # no stored image has such a name
            return None
        found = [
            each.image.id
            for each in await self.records.images_by_age()
            if each.image.owner == owner
            and (
                each.image.id.startswith(f"img_{short[1]}")
                if short
                else file_name == re.split(r"[/\\]", str(each.stored))[-1]
            )
        ]
        return _only(name, list(dict.fromkeys(found))) if found else None


def _only(name: str, ids: Sequence[str]) -> str:
    if len(ids) > 1:
        raise InvalidRequest(
            f"{name[:80]!r} means {len(ids)} images.",
            field="image",
            hint=f"Use one of: {', '.join(ids[:10])}.",
        )
    return ids[0]
