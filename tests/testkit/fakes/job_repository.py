"""A journal that forgets when the process ends."""

from collections.abc import Sequence

from application.jobs.job_snapshot import to_stored_image
from domain.errors import ChargeStatus, KeyReused, NotFound, RecordedFailure
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey, Job, JobState
from domain.requests import ImageRequest

from .storage import MemoryImageStore


class MemoryJobRepository:
    """A Journal over a MemoryArchive. All that is in it belongs to a process that lives."""

    def __init__(self, archive: MemoryImageStore) -> None:
        self.archive = archive
        self.keys: dict[tuple[str, str], tuple[IdempotencyKey, str]] = {}

    async def find(self, job_id: str, /, *, owner: str) -> JobRecord:
        return self._first([each for each in self._all(owner) if each.id == job_id], job_id)

    async def find_by_key(self, key: IdempotencyKey, /, *, owner: str) -> JobRecord | None:
        named = {
            (job.owner, job.key.value): (job.key, job.id) for job in self.archive.history if job.key
        }
        meant, job_id = (named | self.keys).get((owner, key.value), (key, ""))
        if meant != key:
            raise KeyReused(key.value)
        return next((each for each in self._all(owner) if each.id == job_id), None)

    async def bind_key(self, key: IdempotencyKey, job_id: str, /, *, owner: str) -> None:
        self.keys[owner, key.value] = key, job_id

    async def find_by_image(self, picture_id: str, /, *, owner: str) -> JobRecord:
        made = [each for each in self._all(owner) if picture_id in {its.id for its in each.images}]
        return self._first(made, picture_id)

    async def recent(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        return [each for each in self._all(owner) if each.state is JobState.STORED][:limit]

    async def unsettled(self, *, owner: str, limit: int) -> Sequence[JobRecord]:
        states = (JobState.RESERVED, JobState.DISPATCHED, JobState.UNKNOWN)
        return [each for each in self._all(owner) if each.state in states][:limit]

    async def close_abandoned(self) -> int:
        return 0

    def _all(self, owner: str) -> list[JobRecord]:
        last = {job.id: job for job in self.archive.history if job.owner == owner}
        jobs = sorted(last.values(), key=lambda job: job.created_at, reverse=True)
        return [_record(job) for job in jobs]

    def _first(self, found: Sequence[JobRecord], id_: str) -> JobRecord:
        if not found:
            raise NotFound(f"{id_} cannot be had: no such job or picture is known.")
        return found[0]


def _record(job: Job[ImageRequest]) -> JobRecord:
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
