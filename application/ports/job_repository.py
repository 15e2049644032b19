"""Port: the records of jobs, of their images, and of idempotency keys."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import ImageServiceError
from domain.image import StoredRef
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import IdempotencyKey, Job, JobState
from domain.money.budgets import SpendingEntry
from domain.requests import ImageRequest

RETRY_AFTER_SECONDS = 10.0
"""Seconds after which another process's job of the same request may have ended."""

BudgetCheck = Callable[[Sequence[SpendingEntry]], None]
"""Raises if the spending of other jobs leaves no room for a new one."""
MayReplace = Callable[[JobRecord], bool]
"""Whether a key may be taken from the job that it is bound to."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The job is recorded."""


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """Nothing was recorded: this job serves the same request."""

    job_id: str


@dataclass(frozen=True, slots=True)
class BoundKey:
    """A key as its owner used it, and the job that it is bound to."""

    key: IdempotencyKey
    record: JobRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedImage:
    """An image that a store has, and when its latest job was created."""

    image: OwnedImage
    stored: StoredRef
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class ImageReferences:
    """Everything that is recorded of one owner's image, and what shall become of it.

    `stored` has every place where it was stored, the latest first. `fingerprints` are those of the
    jobs that made it. An image is `shared` if an owner who is not among those asked for has it too.
    """

    image: OwnedImage
    stored: tuple[StoredRef, ...]
    fingerprints: frozenset[str]
    shared: bool
    forgotten: bool = False
    moved_to: StoredRef | None = None

    def forget(self) -> None:
        """Let the owner no longer have the image."""
        self.forgotten = True

    def move_to(self, stored: StoredRef) -> None:
        """Record that the image is stored there, and nowhere else."""
        self.moved_to = stored


class JobRepository(Protocol):
    """Keeps what it is given and decides nothing: rules are handed in.

    Several processes may share one. What a method has written survives a power cut. Every method
    raises ArchiveUnavailable when the database refuses. What a rule raises passes through, and
    nothing is written then. A rule runs inside a transaction: it neither waits nor calls back.
    """

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

        `check` gets what jobs created after `since` spent, and nothing without a `since`.
        AlreadyRunning means that the key is bound to a job that `may_replace` does not let go.
        Checking and recording are one step, for all processes that share the repository.
        """

    async def save(self, job: Job[ImageRequest], /) -> None:
        """Record the state of a job, in place of its last one.

        A final state that could not be written raises and is not forgotten: the next call that
        reads or writes records writes it first, and so does closing the repository. If none can
        before the process ends, the job counts as abandoned.
        """

    async def get(self, job_id: str, /, *, owner: str) -> JobRecord | None:
        """Return the job with this `job_…` ID if this owner has it."""

    async def by_key(self, key: str, /, *, owner: str) -> BoundKey | None:
        """Return the job that this owner's key is bound to, if there is one."""

    async def bind_key(
        self, key: IdempotencyKey, job_id: str, /, *, owner: str, may_replace: MayReplace
    ) -> None:
        """Bind the owner's key to this job, unless it belongs to one that may not be replaced.

        Only for a job that was reserved without this key.
        """

    async def by_image(self, image_id: str, /, *, owner: str) -> JobRecord | None:
        """Return this owner's newest job that made the image."""

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs with images, the newest first."""

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Return the newest `limit` jobs in UNSETTLED_STATES, the newest first."""

    async def image_refs(self, image: OwnedImage, /) -> Sequence[StoredRef]:
        """Return every place where the owner's image was stored, the latest first."""

    async def images_by_age(self) -> Sequence[RecordedImage]:
        """Return all owners' images that a store has, the oldest first."""

    def image_references(
        self, images: Collection[OwnedImage], /
    ) -> AbstractAsyncContextManager[Sequence[ImageReferences]]:
        """Look up these images, and change what is recorded of them when the context is left.

        Images of which nothing is recorded are left out. Exclusive until it is left: nothing else
        is written to the repository meanwhile, by any process, so the block must be short and must
        not call the repository. A block that raises changes nothing.
        """

    def living_writers(self) -> AbstractAsyncContextManager[Collection[str]]:
        """Give the IDs of the processes that may be writing; none begins or ends in the meantime.

        Our own is among them. There are none where nothing was ever recorded.
        """

    async def close_abandoned(
        self, living: Collection[str], outcome: Callable[[JobState], ImageServiceError], /
    ) -> Sequence[JobRecord]:
        """End every open job whose writer is not `living`; return how they are recorded now.

        A job ends with the error that `outcome` has for its state, and in `final_state` that error.
        """
