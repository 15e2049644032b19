"""The tables behind MemoryJobRepository."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from application.jobs.job_snapshot import to_stored_image
from application.ports.image_records import ImageReferences
from domain.errors import ChargeStatus, ImageServiceError, RecordedFailure
from domain.job_records import JobRecord, OwnedImage, StoredImage
from domain.jobs import IdempotencyKey, Job, JobState, final_state, new_job_id
from domain.money.estimates import CallKind
from domain.money.spending import SpendingEntry
from domain.requests import ImageRequest

from .turn_tables import TurnTable, replacement

AnyJob = Job[ImageRequest]

REQUEST_FIELDS = (
    *("id", "owner", "provider", "action", "model", "requested_model", "prompt", "fingerprint"),
    *("estimate", "created_at", "requested_images", "conversation", "recipe", "size", "quality"),
    "client",
)


@dataclass
class Row:
    """A job as it was saved last, by this writer."""

    record: JobRecord
    writer: str
    job: AnyJob
    saved_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class TrashedRow:
    """An image of a job in the trash."""

    record: JobRecord
    image: StoredImage
    deleted_at: datetime

    @property
    def owned(self) -> OwnedImage:
        """The image and its owner."""
        return OwnedImage(self.image.id, self.record.owner)


@dataclass
class Tables:
    """What repositories share that stand for processes on one database."""

    rows: dict[str, Row] = field(default_factory=dict)
    trash: list[TrashedRow] = field(default_factory=list)
    keys: dict[tuple[str, str], tuple[IdempotencyKey, str]] = field(default_factory=dict)
    turns: TurnTable = field(default_factory=TurnTable)
    ended: set[str] = field(default_factory=set)
    """Writers that have ended, with or without closing their jobs."""
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def set_aside(self, job_id: str) -> None:
        """Give the record of a job that failed without a charge a new ID."""
        row = self.rows.get(job_id)
        if row and (row.record.state, row.record.charged) == (JobState.FAILED, ChargeStatus.NO):
            record = replace(row.record, id=new_job_id())
            self.rows[record.id] = replace(self.rows.pop(job_id), record=record)

    def record_deliveries(self, given: Mapping[str, datetime]) -> None:
        """Note when the images of jobs were given again."""
        for job_id in self.rows.keys() & given.keys():
            record, moment = self.rows[job_id].record, given[job_id]
            last = max(moment, record.repeated_at or moment)
            self.rows[job_id].record = replace(record, repeated_at=last)

    def put(self, job: AnyJob, writer: str) -> None:
        """Replace the job's row. Its turn is bound first, and its turns end with its images."""
        if job.state is JobState.RESERVED:
            self.turns.bind_job(job)
        present = self.rows.get(job.id)
        record = to_record(job)
        if present is not None:
            record = replace(record, **requested(present.record))
        record = replacement(record, present.record if present else None)
        self.rows[job.id] = Row(record, writer, job)
        if job.state is JobState.STORED:
            self.turns.end_bound(job.id, tuple(image.id for image in job.images))


def requested(record: JobRecord) -> dict[str, Any]:
    """What a record says of the request of its job, which later states do not change."""
    return {name: getattr(record, name) for name in REQUEST_FIELDS}


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


def closed(record: JobRecord, error: ImageServiceError) -> JobRecord:
    """The record of a job that ended with this error."""
    return replace(
        record,
        state=final_state(error),
        failure=RecordedFailure.of(error),
        charged=error.charged,
    )


def to_record(job: AnyJob) -> JobRecord:
    """The record of the job's present state."""
    return JobRecord(
        id=job.id,
        owner=job.owner,
        client=job.client,
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
        recipe=job.recipe,
        request_id=job.request_id,
        revised_prompt=job.revised_prompt,
        notes=job.notes,
        usage=job.usage,
        cost=job.cost,
        estimate=job.estimate,
        failure=RecordedFailure.of(job.failure) if job.failure else None,
        images=tuple(map(to_stored_image, job.images)),
        continuation=job.continuation,
        handle=job.handle,
        size=CallKind.of(job).size,
        quality=CallKind.of(job).quality,
        conversation=str(job.request.conversation.id) if job.request.conversation else None,
    )


def changed(image: StoredImage, references: ImageReferences) -> StoredImage | None:
    """The image after this change of the references to it; None if it is gone."""
    if image.id != references.image.id:
        return image
    if references.forgotten or references.trashed_at is not None:
        return None
    return replace(image, stored=references.moved_to or image.stored)
