"""What became of jobs, read from their records."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, select

from adapters.records.durable_write import finish_partial_files
from adapters.records.engine import Database
from adapters.records.schema import images, jobs
from domain.errors import Canceled, NotFound
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey, JobState
from domain.provider_errors import OutcomeUnknown

NEVER_SENT = "The server ended before the request was sent."
NO_WORD = "The server ended while the picture was being painted."
UNSETTLED = [JobState.RESERVED, JobState.DISPATCHED, JobState.UNKNOWN]
UNREAD = "The records could not be read"


class SqlJobRepository:
    """A Journal over a data folder, and over the folder in which its pictures are."""

    def __init__(self, database: Database, *, pictures_folder: Path) -> None:
        self._database = database
        self._folders = (pictures_folder, database.folder / "rescued")

    async def find(self, job_id: str, /, *, owner: str) -> JobRecord:
        return _one(await self._found(jobs.c.owner == owner, jobs.c.id == job_id, limit=1), job_id)

    async def find_by_key(self, key: IdempotencyKey, /, *, owner: str) -> JobRecord | None:
        database = self._database
        found = await database.run_in_thread(
            lambda: database.records().find_by_key(owner, key), UNREAD
        )
        return found[0] if found else None

    async def bind_key(self, key: IdempotencyKey, job_id: str, /, *, owner: str) -> None:
        database = self._database
        await database.run_in_thread(
            lambda: database.records().bind_key(owner, key, job_id), "The key could not be recorded"
        )

    async def find_by_image(self, picture_id: str, /, *, owner: str) -> JobRecord:
        its = select(images.c.job_id).where(images.c.image_id == picture_id)
        return _one(
            await self._found(jobs.c.owner == owner, jobs.c.id.in_(its), limit=1), picture_id
        )

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        stored = jobs.c.state == JobState.STORED
        return await self._found(jobs.c.owner == owner, stored, limit=limit)

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return await self._found(jobs.c.owner == owner, jobs.c.state.in_(UNSETTLED), limit=limit)

    async def close_abandoned(self) -> int:
        return await self._database.run_in_thread(self._recovered, "Leftovers could not be settled")

    def _recovered(self) -> int:
        if not self._database.has_records:
            return 0
        records = self._database.records()
        with self._database.lease().exclusive() as living:
            for folder in self._folders:
                finish_partial_files(folder, living)
            never_sent = records.close_abandoned(JobState.RESERVED, living, Canceled(NEVER_SENT))
            return never_sent + records.close_abandoned(
                JobState.DISPATCHED, living, OutcomeUnknown(NO_WORD)
            )

    async def _found(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[JobRecord]:
        database = self._database
        return await database.run_in_thread(
            lambda: database.records().find(*conditions, limit=limit), UNREAD
        )


def _one(found: Sequence[JobRecord], id_: str) -> JobRecord:
    if not found:
        hint = "Use an id from an earlier answer, exactly as it was given."
        raise NotFound(f"{id_[:80]} cannot be had: no such job or picture is known.", hint=hint)
    return found[0]
