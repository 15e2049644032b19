"""The trash: images that their owners deleted, and that come back until they expire."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from application.image_library import ImageLibrary
from application.ports.clock import Clock
from application.ports.image_records import TrashedReferences
from domain.deletion import DeletionResult, TrashEntry
from domain.errors import ArchiveUnavailable
from domain.job_records import OwnedImage

T = TypeVar("T")

BATCH = 100
"""Images to move or delete in one transaction, during which nothing else is written to the
records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredImage:
    """An image that is back, and the IDs of the jobs that delivered it."""

    image: OwnedImage
    jobs: frozenset[str]


class ImageTrash:
    """Moves images to the trash and back. Every method raises ArchiveUnavailable.

    A deletion changes the records first and moves the bytes then; a restoration does the opposite.
    So an interruption leaves one kind of half state: bytes of an image in the trash that are still
    at their old place. `mend` moves them. Bytes are deleted before their records.
    """

    def __init__(self, library: ImageLibrary, clock: Clock, *, days: int) -> None:
        """Images expire after `days`. With 0 days they never get into the trash."""
        self.library = library
        self.images = library.images
        self.records = library.records
        self.clock = clock
        self.keeps = timedelta(days=days)

    async def delete(self, images: Collection[OwnedImage], /) -> DeletionResult:
        """Move these images and their renditions to the trash; ignore those without a record.

        If the trash keeps nothing, delete them. Bytes of an image that another owner has too stay
        where they are.
        """
        if not self.keeps:
            return await self.library.delete(images)
        now, deleted = self.clock.now(), DeletionResult()
        for batch in batches(images):
            deleted += await self._delete(batch, now)
        return deleted

    async def restore(self, images: Collection[OwnedImage], /) -> Sequence[RestoredImage]:
        """Take these images out of the trash; return those that are back, with their bytes.

        An image whose bytes are gone stays there.
        """
        restored = list[RestoredImage]()
        for batch in batches(images):
            async with self.records.trashed_references(batch) as found:
                places = await self.images.restore(_refs(found))
                moved = {ref: stored for ref, stored in places.items() if stored.ref != ref}
                back = [each for each in found if not each.stored or _refs([each]) & {*places}]
                for each in back:
                    each.restore(moved)
            restored += (RestoredImage(image=each.image, jobs=each.jobs) for each in back)
        return restored

    async def entries(self, *, owner: str | None = None) -> Sequence[TrashEntry]:
        """Return what is in the trash of this owner or of all, the latest deletion first."""
        trashed = await self.records.trash(owner=owner)
        refs = {each.stored.ref for each in trashed if each.stored}
        sizes = await self.images.sizes(refs, trashed=True) if refs else {}
        return [
            TrashEntry(
                image=each.image,
                stored=each.stored,
                prompt=each.prompt,
                deleted_at=each.deleted_at,
                until=each.deleted_at + self.keeps,
                bytes=sizes[each.stored.ref] if each.stored else 0,
            )
            for each in trashed
        ]

    async def empty(self, images: Collection[OwnedImage], /) -> DeletionResult:
        """Delete these images from the trash for good; ignore those that are not there."""
        emptied = DeletionResult()
        for batch in batches(images):
            async with self.records.trashed_references(batch) as found:
                freed = await self._delete_bytes(found)
                for each in found:
                    each.forget()
            emptied += DeletionResult(images=len(found), bytes=freed)
        return emptied

    async def mend(self) -> None:
        """Finish deletions that were interrupted before the bytes were moved."""
        trashed = {each.image: each.stored for each in await self.records.trash() if each.stored}
        if trashed:
            left = await self.images.sizes({stored.ref for stored in trashed.values()})
            visible = [image for image, stored in trashed.items() if left[stored.ref]]
            for batch in batches(visible):
                await self._hide(batch)

    async def _delete(self, images: Collection[OwnedImage], now: datetime) -> DeletionResult:
        async with self.records.image_references(images) as found:
            for each in found:
                each.trash(at=now)
        return DeletionResult(
            images=len(found),
            bytes=await self._hide_or_restore([each.image for each in found]),
            fingerprints=frozenset[str]().union(*(each.fingerprints for each in found)),
            until=now + self.keeps if found else None,
        )

    async def _hide_or_restore(self, images: Collection[OwnedImage]) -> int:
        try:
            return await self._hide(images)
        except ArchiveUnavailable:
            with suppress(ArchiveUnavailable):  # then `mend` does the rest of the deletion
                await self.restore(images)
            raise

    async def _hide(self, images: Collection[OwnedImage]) -> int:
        """Move the bytes of images that are nowhere but in the trash; return how many."""
        async with self.records.trashed_references(images) as found:
            return await self.images.trash(_refs(each for each in found if not each.in_use))

    async def _delete_bytes(self, found: Sequence[TrashedReferences]) -> int:
        """Delete the bytes that no record needs any more; return how many.

        Those of an image in use move back first: it may have been generated again while they moved.
        """
        unneeded = _refs(each for each in found if not each.in_use and not each.shared)
        await self.images.restore(_refs(each for each in found if each.in_use))
        await self.images.trash(unneeded)  # an interrupted deletion may have left them
        return await self.images.empty_trash(unneeded)


def batches(images: Collection[T]) -> Iterator[list[T]]:
    """The images in lists of at most BATCH."""
    rest = iter(images)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _refs(found: Iterable[TrashedReferences]) -> set[str]:
    return {stored.ref for each in found for stored in each.stored}
