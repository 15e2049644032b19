"""Use case: find the image that a caller names in another way than by its whole ID."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from application.delivery_times import DeliveryTimes
from application.image_names import WHOLE_ID, ImageName, bare_name, position_of
from application.ports.job_repository import JobRepository
from application.ports.mask_records import MaskRecords
from domain.counts import count
from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound
from domain.jobs import LOCAL

MAX_POSITION = 100
"""The oldest image that `last:N` reaches; lists go further."""
MAX_FOUND = 100
"""Images that are compared with one name; far more than ever share 8 digits."""


@dataclass(frozen=True, slots=True)
class RecentImage:
    """An image, and the prompt that it was generated from."""

    id: str
    prompt: str


class FindImage:
    """Looks names up in the records; opens no file and no address."""

    def __init__(
        self, records: JobRepository, delivery_times: DeliveryTimes, masks: MaskRecords
    ) -> None:
        self.records = records
        self.delivery_times = delivery_times
        self.masks = masks

    async def __call__(
        self, name: str, /, *, owner: str = LOCAL, newest: bool = True, trashed: bool = False
    ) -> str | None:
        """Return the ID of the image with this name; None if this owner has no such image.

        A name is the ID of a job with one image or of a mask, the beginning of an image's ID (8 hex
        digits or more), a path or link whose last part is the file name of a stored image or of a
        rendition, or, if `newest` is true, `last` for the image that the owner got last, from a
        cache or not, and `last:2` for the one before. It may stand in a URI, as in
        `image://last/preview`. A
        whole ID is returned without a look at the records. If no other image has the name, it means
        one in the trash; if `trashed` is true, the trash comes first. Raises InvalidRequest for a
        name of several images and for a `last` that is too far back, NotFound for the ID of an
        unknown job or mask, and ArchiveUnavailable.
        """
        name = bare_name(name)
        if self.is_id(name):
            return name
        position = position_of(name)
        if position is not None:
            return await self._newest(position, owner) if newest else None
        called = ImageName.parse(name)
        if called is None:
            return None
        if called.job_id:
            return await self._of_job(called.job_id, owner)
        if called.mask_id:
            return await self._of_mask(called.mask_id, owner)
        look_ups = [self._in_use, self._in_trash]
        for look_up in reversed(look_ups) if trashed else look_ups:
            if found := await look_up(called, owner):
                return _only(name, found)
        return None

    @staticmethod
    def is_id(name: str) -> bool:
        """Whether the name is the whole ID of an image, and so means nothing else."""
        return WHOLE_ID.fullmatch(name) is not None

    async def latest(self, /, *, owner: str = LOCAL, limit: int = 5) -> Sequence[RecentImage]:
        """Return the images that this owner got last, also from a cache; the latest first."""
        with suppress(ArchiveUnavailable):  # records that can only be read have all but the repeats
            await self.delivery_times.flush()
        records = await self.records.last_delivered(owner=owner, limit=limit)
        images = [RecentImage(image.id, each.prompt) for each in records for image in each.images]
        return images[:limit]

    async def _newest(self, position: int, owner: str) -> str:
        if position > MAX_POSITION:
            raise InvalidRequest(
                f"last:{position} is too far back.",
                field="image",
                hint=f"last:{MAX_POSITION} is the oldest; name older images by their IDs.",
            )
        latest = await self.latest(owner=owner, limit=position)
        if len(latest) >= position:
            return latest[position - 1].id
        there_are = (
            f"There {'is' if len(latest) == 1 else 'are'} only {count(len(latest), 'image')}."
        )
        raise InvalidRequest(
            f"last:{position} is too far back." if latest else "There is no image yet.",
            field="image",
            hint=there_are if latest else "Generate an image first, or send one.",
        )

    async def _of_job(self, job_id: str, owner: str) -> str:
        record = await self.records.get(job_id, owner=owner)
        if record is None:
            raise NotFound.of_id("job", job_id)
        ids = [image.id for image in record.images] or [
            each.image.id for each in await self.records.trash(owner=owner) if job_id in each.jobs
        ]
        if not ids:
            raise InvalidRequest(
                f"{job_id} has no image{' yet' if record.is_open else ''}.",
                field="image",
                hint="Wait until the job has ended, then use its image."
                if record.is_open
                else "It failed, or its images were deleted for good: use another image.",
            )
        return _only(job_id, ids)

    async def _of_mask(self, mask_id: str, owner: str) -> str:
        mask = await self.masks.mask(mask_id, owner=owner)
        if mask is None:
            raise NotFound.of_id("mask", mask_id)
        return mask.image.id

    async def _in_use(self, called: ImageName, owner: str) -> Sequence[str]:
        found = [
            each
            for prefix in called.prefixes
            for each in await self.records.images_by_prefix(prefix, owner=owner, limit=MAX_FOUND)
        ]
        return called.meant({each.image.id: each.stored for each in found})

    async def _in_trash(self, called: ImageName, owner: str) -> Sequence[str]:
        entries = await self.records.trash(owner=owner)
        begun = [each for each in entries if each.image.id.startswith(called.prefixes)]
        return called.meant({each.image.id: each.stored for each in begun})


def _only(name: str, ids: Sequence[str]) -> str:
    if len(ids) > 1:
        raise InvalidRequest(
            f"{name[:80]!r} means {len(ids)} images.",
            field="image",
            hint=f"Use one of: {', '.join(ids[:10])}.",
        )
    return ids[0]
