"""Records of jobs that are forgotten when the process ends."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from application.ports.image_records import (
    ImageReferences,
    RecordedImage,
    TrashedImage,
    TrashedReferences,
)
from application.ports.job_repository import (
    AlreadyRunning,
    BoundKey,
    BudgetCheck,
    MayReplace,
    Reserved,
)
from domain.image import StoredRef
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, JobRecord, OwnedImage
from domain.jobs import UNSETTLED_STATES, IdempotencyKey, JobState
from domain.money.estimates import CallKind
from domain.money.spending import SpendingEntries, SpendingEntry

from .abandoned_jobs import AbandonedJobs
from .job_tables import AnyJob, Tables, TrashedRow, changed, spending


class MemoryJobRepository(AbandonedJobs):
    """A JobRepository in memory. `history` has every state that was saved, in order.

    With `beside` it shares its records with another one, as a second process would.
    """

    def __init__(
        self, *, writer: str = "this process", beside: "MemoryJobRepository | None" = None
    ) -> None:
        self.history: list[AnyJob] = []
        super().__init__(beside.tables if beside else Tables(), writer)

    async def check_writable(self) -> None:
        return

    async def reserve(
        self,
        job: AnyJob,
        /,
        *,
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        async with self.tables.writing:
            check(SpendingEntries(() if since is None else self.spent(since)))
            if job.key is not None:
                bound_to = self._bind(job.key, job.id, job.owner, may_replace)
                if bound_to != job.id:
                    return AlreadyRunning(bound_to)
            self.tables.set_aside(job.id)
            self._put(job)
        return Reserved()

    async def save(self, job: AnyJob, /) -> None:
        async with self.tables.writing:
            self._put(job)

    async def get(self, job_id: str, /, *, owner: str) -> JobRecord | None:
        return _first(record for record in self._of(owner) if record.id == job_id)

    async def by_key(self, key: str, /, *, owner: str) -> BoundKey | None:
        bound = self.tables.keys.get((owner, key))
        return None if bound is None else BoundKey(bound[0], self.tables.rows[bound[1]].record)

    async def bind_key(
        self, key: IdempotencyKey, job_id: str, /, *, owner: str, may_replace: MayReplace
    ) -> None:
        async with self.tables.writing:
            self._bind(key, job_id, owner, may_replace)

    async def by_image(self, image_id: str, /, *, owner: str) -> JobRecord | None:
        return _first(self._made(OwnedImage(image_id, owner)))

    async def recent(
        self,
        *,
        owner: str,
        limit: int,
        start: JobPosition | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> Sequence[JobRecord]:
        return [
            record
            for record in self._of(owner)
            if record.state is JobState.STORED and record.images and matching.matches(record)
            if start is None or JobPosition(record.created_at, record.id) <= start
        ][:limit]

    async def last_delivered(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        listed = await self.recent(owner=owner, limit=len(self.tables.rows))
        return sorted(listed, key=lambda each: each.last_delivered_at, reverse=True)[:limit]

    async def record_deliveries(self, times: Mapping[str, datetime], /) -> None:
        async with self.tables.writing:
            self.tables.record_deliveries(times)

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        seen = (each for each in self._of(owner) if not each.dismissed)
        return [each for each in seen if each.state in UNSETTLED_STATES][:limit]

    async def latest(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return self._of(owner)[:limit]

    async def durations(
        self, kind: CallKind, /, *, since: datetime, limit: int
    ) -> Sequence[timedelta]:
        rows = [
            row
            for row in self.tables.rows.values()
            if row.record.state is JobState.STORED and CallKind.of(row.job) == kind
            if row.record.created_at > since
        ]
        rows.sort(key=lambda row: row.record.created_at, reverse=True)
        return [row.saved_at - row.record.created_at for row in rows[:limit]]

    async def by_prefix(self, id_prefix: str, /, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return [each for each in self._of(owner) if each.id.startswith(id_prefix)][:limit]

    async def dismiss(self, job_ids: Collection[str], /, *, owner: str) -> None:
        async with self.tables.writing:
            for job_id in job_ids:
                row = self.tables.rows.get(job_id)
                if row is not None and row.record.owner == owner:
                    row.record = replace(row.record, dismissed=True)

    async def image_refs(self, image: OwnedImage, /) -> Sequence[StoredRef]:
        return self._places(image)

    async def images_by_prefix(
        self, id_prefix: str, /, *, owner: str, limit: int
    ) -> Sequence[RecordedImage]:
        found = [
            each
            for each in await self.images_by_age()
            if each.image.owner == owner and each.image.id.startswith(id_prefix)
        ]
        return sorted(found, key=lambda each: each.image.id)[:limit]

    async def images_by_age(self, *, before: datetime | None = None) -> Sequence[RecordedImage]:
        found = [
            RecordedImage(image=image, stored=places[0], created_at=self._made(image)[0].created_at)
            for image in self._images()
            if (places := self._places(image))
        ]
        old = [each for each in found if before is None or each.created_at < before]
        return sorted(old, key=lambda each: each.created_at)

    async def total_bytes(self) -> int | None:
        in_use = (each for row in self.tables.rows.values() for each in row.record.images)
        trashed = (row.image for row in self.tables.trash)
        return sum(each.size for each in (*in_use, *trashed) if each.stored)

    @asynccontextmanager
    async def image_references(
        self, images: Collection[OwnedImage], /
    ) -> AsyncIterator[Sequence[ImageReferences]]:
        async with self.tables.writing:
            found = [self._references(image, images) for image in images if self._made(image)]
            yield found
            for references in found:
                self._apply(references)

    async def trash(self, *, owner: str | None = None) -> Sequence[TrashedImage]:
        found: dict[OwnedImage, TrashedImage] = {}
        for row in sorted(self.tables.trash, key=lambda row: row.deleted_at, reverse=True):
            trashed = TrashedImage(
                image=row.owned,
                stored=row.image.stored,
                prompt=row.record.prompt,
                deleted_at=row.deleted_at,
                jobs=frozenset(
                    each.record.id for each in self.tables.trash if each.owned == row.owned
                ),
            )
            found.setdefault(row.owned, trashed)
        return [each for each in found.values() if owner in (None, each.image.owner)]

    @asynccontextmanager
    async def trashed_references(
        self, images: Collection[OwnedImage], /
    ) -> AsyncIterator[Sequence[TrashedReferences]]:
        async with self.tables.writing:
            trashed = {row.owned for row in self.tables.trash}
            found = [self._trashed(image, images) for image in images if image in trashed]
            yield found
            for references in found:
                self._apply_to_trash(references)

    def spent(self, since: datetime) -> list[SpendingEntry]:
        """What jobs created after `since` use of the limits."""
        entries = (spending(row.record) for row in self.tables.rows.values())
        return [entry for entry in entries if entry is not None and entry.at > since]

    def _put(self, job: AnyJob) -> None:
        self.tables.put(job, self._writer)
        self.history.append(job)

    def _bind(self, key: IdempotencyKey, job_id: str, owner: str, may_replace: MayReplace) -> str:
        _, present = self.tables.keys.get((owner, key.value), (key, job_id))
        if present != job_id and not may_replace(self.tables.rows[present].record):
            return present
        self.tables.keys[owner, key.value] = key, job_id
        return job_id

    def _of(self, owner: str) -> list[JobRecord]:
        """The owner's jobs, the newest first."""
        records = (row.record for row in self.tables.rows.values() if row.record.owner == owner)
        return sorted(records, key=lambda record: (record.created_at, record.id), reverse=True)

    def _images(self) -> set[OwnedImage]:
        records = [row.record for row in self.tables.rows.values()]
        return {OwnedImage(each.id, record.owner) for record in records for each in record.images}

    def _made(self, image: OwnedImage) -> list[JobRecord]:
        """The owner's jobs that made the image, the newest first."""
        records = self._of(image.owner)
        return [each for each in records if any(made.id == image.id for made in each.images)]

    def _places(self, image: OwnedImage) -> list[StoredRef]:
        made = (each for record in self._made(image) for each in record.images)
        return [*dict.fromkeys(each.stored for each in made if each.id == image.id and each.stored)]

    def _references(self, image: OwnedImage, wanted: Collection[OwnedImage]) -> ImageReferences:
        others = self._images() - set(wanted)
        return ImageReferences(
            image=image,
            stored=tuple(self._places(image)),
            fingerprints=frozenset(record.fingerprint for record in self._made(image)),
            shared=any(other.id == image.id for other in others),
        )

    def _trashed(self, image: OwnedImage, wanted: Collection[OwnedImage]) -> TrashedReferences:
        rows = [row for row in self.tables.trash if row.owned == image]
        others = {row.owned for row in self.tables.trash} - set(wanted)
        return TrashedReferences(
            image=image,
            stored=tuple(dict.fromkeys(row.image.stored for row in rows if row.image.stored)),
            jobs=frozenset(row.record.id for row in rows),
            in_use=any(used.id == image.id for used in self._images()),
            shared=any(other.id == image.id for other in others),
        )

    def _apply_to_trash(self, references: TrashedReferences) -> None:
        if not (references.forgotten or references.restored):
            return
        rows = [row for row in self.tables.trash if row.owned == references.image]
        self.tables.trash = [row for row in self.tables.trash if row not in rows]
        for row in rows if references.restored else ():
            stored = row.image.stored
            place = references.places.get(stored.ref, stored) if stored else None
            job = self.tables.rows[row.record.id]
            images = (*job.record.images, replace(row.image, stored=place))
            job.record = replace(job.record, images=images)

    def _apply(self, references: ImageReferences) -> None:
        if references.trashed_at is not None:
            self.tables.trash += [
                TrashedRow(record, image, references.trashed_at)
                for record in self._made(references.image)
                for image in record.images
                if image.id == references.image.id
            ]
        for row in self.tables.rows.values():
            if row.record.owner == references.image.owner:
                left = (changed(image, references) for image in row.record.images)
                row.record = replace(row.record, images=tuple(filter(None, left)))


def _first(records: Iterable[JobRecord]) -> JobRecord | None:
    return next(iter(records), None)
