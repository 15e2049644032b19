"""The records of jobs, images and idempotency keys, in a data folder."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, select

from adapters.records.durations import durations
from adapters.records.engine import Database
from adapters.records.image_lists import JobPage, jobs_with_images, last_delivered, note_deliveries
from adapters.records.image_references import (
    AFTER_HEX,
    image_refs,
    images_by_age,
    images_by_prefix,
    references,
    total_bytes,
)
from adapters.records.image_trash import trash, trashed_references
from adapters.records.job_table import JobTable
from adapters.records.schema import images, jobs
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
    Outcome,
    Reserved,
)
from domain.image import StoredRef
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, JobRecord, OwnedImage
from domain.jobs import UNSETTLED_STATES, IdempotencyKey, Job
from domain.money.estimates import CallKind
from domain.requests import ImageRequest

T = TypeVar("T")

any_job = jobs.alias("any_job")
READ_FAILED = "The records could not be read"
WRITE_FAILED = "The job could not be recorded"
CHANGE_FAILED = "The records could not be changed"
RECOVERY_FAILED = "Abandoned jobs could not be closed"


class SqlJobRepository:
    """A JobRepository over `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._check: asyncio.Future[None] | None = None

    async def check_writable(self) -> None:
        """Concurrent callers share one check, so that probes take one thread at most."""
        if self._check is None or self._check.done():
            work = self._run(lambda records: records.check_writable(), "Jobs cannot be recorded")
            self._check = asyncio.ensure_future(work)
            self._check.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._check)

    async def reserve(
        self,
        job: Job[ImageRequest],
        /,
        *,
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        return await self._run(
            lambda records: records.reserve(job, since, check, may_replace), WRITE_FAILED
        )

    async def save(self, job: Job[ImageRequest], /) -> None:
        await self._run(lambda records: records.write(job), WRITE_FAILED)

    async def get(self, job_id: str, /, *, owner: str) -> JobRecord | None:
        return await self._run(lambda records: records.get(owner, job_id), READ_FAILED)

    async def by_key(self, key: str, /, *, owner: str) -> BoundKey | None:
        return await self._run(lambda records: records.by_key(owner, key), READ_FAILED)

    async def bind_key(
        self, key: IdempotencyKey, job_id: str, /, *, owner: str, may_replace: MayReplace
    ) -> None:
        await self._run(
            lambda records: records.bind_key(owner, key, job_id, may_replace),
            "The key could not be recorded",
        )

    async def by_image(self, image_id: str, /, *, owner: str) -> JobRecord | None:
        job_ids = select(images.c.job_id).where(images.c.image_id == image_id)
        return _first(await self._find(_is_of(owner), jobs.c.id.in_(job_ids), limit=1))

    async def recent(
        self,
        *,
        owner: str,
        limit: int,
        start: JobPosition | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> Sequence[JobRecord]:
        page = JobPage(owner=owner, limit=limit, start=start, matching=matching)
        return await self._run(lambda records: jobs_with_images(records, page), READ_FAILED)

    async def last_delivered(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return await self._run(lambda records: last_delivered(records, owner, limit), READ_FAILED)

    async def record_deliveries(self, times: Mapping[str, datetime], /) -> None:
        await self._run(lambda records: note_deliveries(records, times), WRITE_FAILED)

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return await self._find(jobs.c.id.in_(_unsettled_ids(owner)), limit=limit)

    async def latest(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return await self._find(jobs.c.owner == owner, limit=limit)

    async def durations(
        self, kind: CallKind, /, *, since: datetime, limit: int
    ) -> Sequence[timedelta]:
        return await self._run(lambda records: durations(records, kind, since, limit), READ_FAILED)

    async def by_prefix(self, id_prefix: str, /, *, owner: str, limit: int) -> Sequence[JobRecord]:
        begins_so = jobs.c.id.between(id_prefix, id_prefix + AFTER_HEX)
        return await self._find(_is_of(owner), begins_so, limit=limit)

    async def dismiss(self, job_ids: Collection[str], /, *, owner: str) -> None:
        await self._run(lambda records: records.dismiss(owner, job_ids), WRITE_FAILED)

    async def image_refs(self, image: OwnedImage, /) -> Sequence[StoredRef]:
        return await self._run(lambda records: image_refs(records, image), READ_FAILED)

    async def images_by_prefix(
        self, id_prefix: str, /, *, owner: str, limit: int
    ) -> Sequence[RecordedImage]:
        return await self._run(
            lambda records: images_by_prefix(records, id_prefix, owner=owner, limit=limit),
            READ_FAILED,
        )

    async def images_by_age(self, *, before: datetime | None = None) -> Sequence[RecordedImage]:
        return await self._run(lambda records: images_by_age(records, before), READ_FAILED)

    async def total_bytes(self) -> int | None:
        return await self._run(total_bytes, READ_FAILED)

    def image_references(
        self, images: Collection[OwnedImage], /
    ) -> AbstractAsyncContextManager[Sequence[ImageReferences]]:
        return self._database.hold(self._references(images), CHANGE_FAILED)

    async def trash(self, *, owner: str | None = None) -> Sequence[TrashedImage]:
        if not self._database.has_records:  # a look at the trash creates no database
            return []
        return await self._run(lambda records: trash(records, owner), READ_FAILED)

    def trashed_references(
        self, images: Collection[OwnedImage], /
    ) -> AbstractAsyncContextManager[Sequence[TrashedReferences]]:
        return self._database.hold(self._trashed_references(images), CHANGE_FAILED)

    def active_writers(self) -> AbstractAsyncContextManager[Collection[str]]:
        return self._database.hold(self._active_writers(), RECOVERY_FAILED)

    async def accepted(self) -> Sequence[JobRecord]:
        if not self._database.has_records:  # a look for them creates no database
            return []
        return await self._run(lambda records: records.accepted(), READ_FAILED)

    async def adopt(
        self, job_ids: Collection[str], active: Collection[str], /
    ) -> Sequence[JobRecord]:
        return await self._run(lambda records: records.adopt(job_ids, active), RECOVERY_FAILED)

    async def close_abandoned(
        self, active: Collection[str], outcome: Outcome, /
    ) -> Sequence[JobRecord]:
        return await self._run(
            lambda records: records.close_abandoned(active, outcome), RECOVERY_FAILED
        )

    @contextmanager
    def _references(self, images: Collection[OwnedImage]) -> Iterator[list[ImageReferences]]:
        with references(self._database.records(), images) as found:
            yield found

    @contextmanager
    def _trashed_references(
        self, images: Collection[OwnedImage]
    ) -> Iterator[list[TrashedReferences]]:
        with trashed_references(self._database.records(), images) as found:
            yield found

    @contextmanager
    def _active_writers(self) -> Iterator[Collection[str]]:
        if not self._database.has_records:
            yield frozenset()
            return
        self._database.records()
        with self._database.lease().exclusive() as active:
            yield active

    async def _find(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[JobRecord]:
        return await self._run(lambda records: records.find(*conditions, limit=limit), READ_FAILED)

    async def _run(self, work: Callable[[JobTable], T], message: str) -> T:
        database = self._database
        return await database.run_in_thread(lambda: work(database.records()), message)


def _unsettled_ids(owner: str) -> Select[tuple[str]]:
    """Without an order, so that the database searches by state, and not all jobs by time."""
    unsettled = any_job.c.state.in_(UNSETTLED_STATES) & (any_job.c.dismissed == 0)
    return select(any_job.c.id).where(any_job.c.owner == owner, unsettled)


def _is_of(owner: str) -> ColumnElement[bool]:
    """Like `jobs.c.owner == owner`, for a search by ID.

    An expression hides the owner's indexes from the database: most jobs have the same owner.
    """
    return jobs.c.owner.concat("") == owner


def _first(found: Sequence[JobRecord]) -> JobRecord | None:
    return found[0] if found else None
