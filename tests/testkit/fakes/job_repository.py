"""Records of jobs that are forgotten when the process ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.jobs.job_snapshot import to_stored_image
from application.ports.job_repository import (
    AlreadyRunning,
    BoundKey,
    BudgetCheck,
    ImageReferences,
    MayReplace,
    RecordedImage,
    Reserved,
)
from domain.errors import ChargeStatus, ImageServiceError, RecordedFailure
from domain.image import StoredRef
from domain.job_records import JobRecord, OwnedImage, StoredImage
from domain.jobs import UNSETTLED_STATES, IdempotencyKey, Job, JobState, final_state
from domain.money.budgets import SpendingEntry
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]


@dataclass
class Row:
    """A job as it was saved last, by this writer."""

    record: JobRecord
    writer: str
    delivered: int


@dataclass
class Tables:
    """What repositories share that stand for processes on one database."""

    rows: dict[str, Row] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[IdempotencyKey, str]] = field(default_factory=dict)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


class MemoryJobRepository:
    """A JobRepository in memory. `history` has every state that was saved, in order.

    With `beside` it shares its records with another one, as a second process would.
    """

    def __init__(
        self, *, writer: str = "this process", beside: "MemoryJobRepository | None" = None
    ) -> None:
        self.history: list[AnyJob] = []
        self.tables: Tables = beside.tables if beside else Tables()
        self._writer = writer

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
            check([] if since is None else self.spent(since))
            if job.key is not None:
                bound_to = self._bind(job.key, job.id, job.owner, may_replace)
                if bound_to != job.id:
                    return AlreadyRunning(bound_to)
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

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return [record for record in self._of(owner) if record.state is JobState.STORED][:limit]

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return [record for record in self._of(owner) if record.state in UNSETTLED_STATES][:limit]

    async def image_refs(self, image: OwnedImage, /) -> Sequence[StoredRef]:
        return self._places(image)

    async def images_by_age(self) -> Sequence[RecordedImage]:
        found = [
            RecordedImage(image=image, stored=places[0], created_at=self._made(image)[0].created_at)
            for image in self._images()
            if (places := self._places(image))
        ]
        return sorted(found, key=lambda each: each.created_at)

    @asynccontextmanager
    async def image_references(
        self, images: Collection[OwnedImage], /
    ) -> AsyncIterator[Sequence[ImageReferences]]:
        async with self.tables.writing:
            found = [self._references(image, images) for image in images if self._made(image)]
            yield found
            for references in found:
                self._apply(references)

    @asynccontextmanager
    async def active_writers(self) -> AsyncIterator[Collection[str]]:
        writers = {row.writer for row in self.tables.rows.values()}
        yield writers | {self._writer} if writers else writers

    async def close_abandoned(
        self, active: Collection[str], outcome: Callable[[JobState], ImageServiceError], /
    ) -> Sequence[JobRecord]:
        async with self.tables.writing:
            rows = [
                row
                for row in self.tables.rows.values()
                if row.record.is_open and row.writer not in active
            ]
            for row in rows:
                row.record = _closed(row.record, outcome(row.record.state))
        return [row.record for row in rows]

    def spent(self, since: datetime) -> list[SpendingEntry]:
        """What jobs created after `since` use of the limits."""
        entries = (spending(row.record) for row in self.tables.rows.values())
        return [entry for entry in entries if entry is not None and entry.at > since]

    def _put(self, job: AnyJob) -> None:
        self.history.append(job)
        self.tables.rows[job.id] = Row(_record(job), self._writer, len(job.images))

    def _bind(self, key: IdempotencyKey, job_id: str, owner: str, may_replace: MayReplace) -> str:
        _, present = self.tables.keys.get((owner, key.value), (key, job_id))
        if present != job_id and not may_replace(self.tables.rows[present].record):
            return present
        self.tables.keys[owner, key.value] = key, job_id
        return job_id

    def _of(self, owner: str) -> list[JobRecord]:
        """The owner's jobs, the newest first."""
        records = (row.record for row in self.tables.rows.values() if row.record.owner == owner)
        return sorted(records, key=lambda record: record.created_at, reverse=True)

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

    def _apply(self, references: ImageReferences) -> None:
        for row in self.tables.rows.values():
            if row.record.owner == references.image.owner:
                changed = (_changed(image, references) for image in row.record.images)
                row.record = replace(row.record, images=tuple(filter(None, changed)))


def spending(record: JobRecord) -> SpendingEntry | None:
    """What the job uses of the limits, if anything."""
    return SpendingEntry.of(
        at=record.created_at,
        state=record.state,
        charged=record.charged,
        images=record.requested_images,
        cost=record.cost,
        estimate=record.estimate,
    )


def _changed(image: StoredImage, references: ImageReferences) -> StoredImage | None:
    if image.id != references.image.id:
        return image
    if references.forgotten:
        return None
    return replace(image, stored=references.moved_to or image.stored)


def _first(records: Iterable[JobRecord]) -> JobRecord | None:
    return next(iter(records), None)


def _closed(record: JobRecord, error: ImageServiceError) -> JobRecord:
    return replace(
        record,
        state=final_state(error),
        failure=RecordedFailure.of(error),
        charged=error.charged,
    )


def _record(job: AnyJob) -> JobRecord:
    return JobRecord(
        id=job.id,
        owner=job.owner,
        action=job.action,
        provider=job.provider,
        model=job.model,
        requested_model=job.requested_model,
        prompt=job.request.prompt,
        fingerprint=job.fingerprint,
        state=job.state,
        charged=job.failure.charged if job.failure else ChargeStatus.NO,
        created_at=job.created_at,
        changed_at=job.created_at,
        requested_images=job.request.n,
        request_id=job.request_id,
        revised_prompt=job.revised_prompt,
        notes=job.notes,
        usage=job.usage,
        cost=job.cost,
        estimate=job.estimate,
        failure=RecordedFailure.of(job.failure) if job.failure else None,
        images=tuple(map(to_stored_image, job.images)),
    )
