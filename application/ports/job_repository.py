"""Port: what became of jobs, for those who ask later."""

from collections.abc import Sequence
from typing import Protocol

from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey

RETRY_AFTER_SECONDS = 10.0
"""Seconds after which another process may have painted what was asked of both."""


class JobRepository(Protocol):
    """Reads what an Archive has recorded, in this process or another, now or before a restart.

    Every method raises ArchiveUnavailable when the database refuses.
    """

    async def find(self, job_id: str, /, *, owner: str) -> JobRecord:
        """The job with this `job_…` id; raise NotFound if this owner has none such."""

    async def find_by_key(self, key: IdempotencyKey, /, *, owner: str) -> JobRecord | None:
        """The job that this owner's key means; None if none was recorded under it.

        Raises KeyReused if something else was asked under its name.
        """

    async def bind_key(self, key: IdempotencyKey, job_id: str, /, *, owner: str) -> None:
        """From now on the owner's key means this job, unless it means another one already.

        A job that has a key is named by its own record.
        """

    async def find_by_image(self, picture_id: str, /, *, owner: str) -> JobRecord:
        """The newest job that made this `img_…`; raise NotFound if this owner has none such."""

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Jobs that have pictures, the newest first, `limit` at most."""

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        """Jobs that are open or of unknown outcome, the newest first, `limit` at most."""

    async def close_abandoned(self) -> int:
        """Settle what processes left that have died; return how many jobs that were.

        Ends of our own jobs that could not be written when they came are written as well.

        What was reserved is failed, because it was never sent; what was dispatched is unknown.
        Pictures that were written whole get their name, halves of pictures are removed. What
        belongs to a process that lives is left alone.
        """
