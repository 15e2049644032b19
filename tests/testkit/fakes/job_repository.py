"""A journal that forgets when the process ends."""

from collections.abc import Sequence

from application.jobs.job_snapshot import kept_picture
from domain.errors import Charged, KeyReused, NotFound, PastFailure
from domain.job_records import JobRecord
from domain.jobs import Job, JobState, RequestKey
from domain.requests import PictureRequest
from tests.testkit.fakes.storage import MemoryArchive


class MemoryJournal:
    """A Journal over a MemoryArchive. All that is in it belongs to a process that lives."""

    def __init__(self, archive: MemoryArchive) -> None:
        self.archive = archive
        self.keys: dict[tuple[str, str], tuple[RequestKey, str]] = {}

    async def find(self, job_id: str, /, *, owner: str) -> JobRecord:
        return self._first([each for each in self._all(owner) if each.id == job_id], job_id)

    async def with_key(self, key: RequestKey, /, *, owner: str) -> JobRecord | None:
        named = {
            (job.owner, job.key.name): (job.key, job.id) for job in self.archive.history if job.key
        }
        meant, job_id = (named | self.keys).get((owner, key.name), (key, ""))
        if meant != key:
            raise KeyReused(key.name)
        return next((each for each in self._all(owner) if each.id == job_id), None)

    async def name(self, key: RequestKey, job_id: str, /, *, owner: str) -> None:
        self.keys[owner, key.name] = key, job_id

    async def with_picture(self, picture_id: str, /, *, owner: str) -> JobRecord:
        made = [
            each for each in self._all(owner) if picture_id in {its.id for its in each.pictures}
        ]
        return self._first(made, picture_id)

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return [each for each in self._all(owner) if each.state is JobState.STORED][:limit]

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        states = (JobState.RESERVED, JobState.DISPATCHED, JobState.UNKNOWN)
        return [each for each in self._all(owner) if each.state in states][:limit]

    async def recover(self) -> int:
        return 0

    def _all(self, owner: str) -> list[JobRecord]:
        last = {job.id: job for job in self.archive.history if job.owner == owner}
        jobs = sorted(last.values(), key=lambda job: job.created_at, reverse=True)
        return [_record(job) for job in jobs]

    def _first(self, found: Sequence[JobRecord], id_: str) -> JobRecord:
        if not found:
            raise NotFound(f"{id_} cannot be had: no such job or picture is known.")
        return found[0]


def _record(job: Job[PictureRequest]) -> JobRecord:
    return JobRecord(
        id=job.id,
        owner=job.owner,
        action=job.action,
        provider=job.provider,
        model=job.request.model or job.card.name,
        asked_model=job.asked_model,
        prompt=job.request.prompt,
        fingerprint=job.fingerprint,
        state=job.state,
        charged=job.failure.charged if job.failure else Charged.NO,
        created_at=job.created_at,
        changed_at=job.created_at,
        asked_pictures=job.request.n,
        request_id=job.request_id,
        revised_prompt=job.revised_prompt,
        notes=job.notes,
        usage=job.usage,
        cost=job.cost,
        estimate=job.estimate,
        failure=PastFailure.of(job.failure) if job.failure else None,
        pictures=tuple(map(kept_picture, job.pictures)),
    )
