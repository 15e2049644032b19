"""Port: records of jobs, their images and idempotency keys."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from application.ports.image_records import ImageRecords
from domain.errors import ImageServiceError
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, JobRecord
from domain.jobs import IdempotencyKey, Job
from domain.money.estimates import CallKind
from domain.money.spending import Spending
from domain.requests import ImageRequest

BudgetCheck = Callable[[Spending], None]
"""Raises if the spending of other jobs leaves no room for a new one."""
Outcome = Callable[[JobRecord], ImageServiceError | None]
"""How an abandoned job ends; None if it stays open."""
MayReplace = Callable[[JobRecord], bool]
"""Whether a key may be taken from the job that it is bound to."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The job is recorded."""


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """Nothing was recorded, because this job serves the same request."""

    job_id: str


@dataclass(frozen=True, slots=True)
class BoundKey:
    """An owner's key, and the job that it is bound to."""

    key: IdempotencyKey
    record: JobRecord


class JobRepository(ImageRecords, Protocol):
    """Stores records and decides nothing: rules are passed in as functions.

    Several instances may share the same records. What a method has written survives a power cut.
    Every method raises ArchiveUnavailable when the records cannot be read or written. A record that
    cannot be read, such as one of a newer version, is missing from lists, and is never changed; a
    method that looks for that one record raises ArchiveUnavailable. An exception from a rule passes
    through, and nothing is written then. A rule runs inside a transaction, so it must neither wait
    nor call the repository.
    """

    async def check_writable(self) -> None:
        """Return if a job could be recorded now; record nothing."""

    async def reserve(
        self,
        job: Job[ImageRequest],
        /,
        *,
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        """Record a new job and bind its key, if `check` accepts the spending of other jobs.

        `check` gets the spending of jobs created after `since`, and none if `since` is None. It can
        read that spending only while it runs. AlreadyRunning means that the key is bound to another
        job and `may_replace` is false for it. A job with the same ID that failed without a charge
        keeps its record, under a new ID: it was the first attempt of this one. All of that is one
        atomic step for all instances that share the records.
        """

    async def save(self, job: Job[ImageRequest], /) -> None:
        """Record the state of a job, in place of its last one.

        How the job was requested stays as it was recorded first.

        If a final state cannot be written, this raises, and the state stays pending: the next call
        that reads or writes records writes it first, and so does closing the repository. If it is
        never written, the job counts as abandoned once its writer has ended.
        """

    async def get(self, job_id: str, /, *, owner: str) -> JobRecord | None:
        """Return the owner's job with this `job_…` ID, if there is one."""

    async def by_key(self, key: str, /, *, owner: str) -> BoundKey | None:
        """Return the job that the owner's key is bound to, if there is one."""

    async def bind_key(
        self, key: IdempotencyKey, job_id: str, /, *, owner: str, may_replace: MayReplace
    ) -> None:
        """Bind the owner's key to this job, unless it is bound to one that may not be replaced.

        For a job that was reserved without this key.
        """

    async def by_image(self, image_id: str, /, *, owner: str) -> JobRecord | None:
        """Return the owner's newest job that delivered the image, if there is one."""

    async def recent(
        self,
        *,
        owner: str,
        limit: int,
        start: JobPosition | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs with images that the filter matches, the newest first.

        The prompt, the model and the `changed_at` of a job decide. With `start`, those are the job
        at this position, if it still has images, and older ones. The time does not depend on the
        number of jobs, unless all words of the filter are shorter than three characters.
        """

    async def last_delivered(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the `limit` jobs with images whose `last_delivered_at` is the latest, in order.

        The time does not depend on the number of jobs.
        """

    async def record_deliveries(self, times: Mapping[str, datetime], /) -> None:
        """Record when equal requests got the images of these jobs; other jobs are ignored."""

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs in UNSETTLED_STATES, the newest first.

        Without those that `dismiss` was called for.
        """

    async def latest(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs in any state, the newest first."""

    async def durations(
        self, kind: CallKind, /, *, since: datetime, limit: int
    ) -> Sequence[timedelta]:
        """Return how long jobs of this kind took, from their creation until they were stored.

        Those are the newest `limit` jobs of all owners that were created after `since`, the newest
        first. A duration may be negative or far too long, if the machine's time of day was changed.
        """

    async def by_prefix(self, id_prefix: str, /, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs whose IDs begin so, the newest first.

        The prefix is `job_` and hex digits. The time does not depend on the number of jobs.
        """

    async def dismiss(self, job_ids: Collection[str], /, *, owner: str) -> None:
        """Record that the owner has seen these jobs; their other facts stay as they are."""

    def active_writers(self) -> AbstractAsyncContextManager[Collection[str]]:
        """Yield the IDs of all instances that may be writing, this one's own among them.

        None starts or ends while the block runs. Yields no IDs if nothing was ever recorded.
        """

    async def close_abandoned(
        self, active: Collection[str], outcome: Outcome, /
    ) -> Sequence[JobRecord]:
        """End the open jobs whose writer is not `active`; return their new records.

        A job ends with the error that `outcome` returns for its record, in the `final_state` of
        that error; it stays open if that is None.
        """

    async def accepted(self) -> Sequence[JobRecord]:
        """Return the open jobs of all owners that have a handle, the newest first."""

    async def adopt(
        self, job_ids: Collection[str], active: Collection[str], /
    ) -> Sequence[JobRecord]:
        """Become the writer of these jobs; return those that are this instance's now.

        Leaves out jobs that have ended, and those of another writer that is `active`. Of several
        instances that adopt a job while `active_writers` runs, one gets it.
        """
