"""The record of a job that has none in the repository."""

from collections.abc import Sequence

from application.jobs.recent_jobs import RecentJob
from application.jobs.running_job import RunningJob
from domain.errors import ChargeStatus
from domain.events import Failed, Finished, JobDispatched, JobEvent
from domain.job_records import JobRecord, StoredImage
from domain.jobs import JobState
from domain.results import ResultImage


def snapshot(source: RunningJob | RecentJob) -> JobRecord:
    """The job's state by its events so far, such as of one that waits or was served by a cache."""
    job, events = source.job, [milestone.event for milestone in source.milestones]
    last = events[-1] if events else None
    result = last.result if isinstance(last, Finished) else None
    failure = last.failure if isinstance(last, Failed) else None
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
        state=_state(events),
        charged=failure.charged if failure else ChargeStatus.NO,
        created_at=job.created_at,
        changed_at=result.created_at if result else job.created_at,
        requested_images=job.request.n,
        recipe=job.recipe,
        estimate=next((each.estimate for each in events if isinstance(each, JobDispatched)), None),
        failure=failure.to_error() if failure else None,
        images=tuple(map(to_stored_image, result.images)) if result else (),
        conversation=str(job.request.conversation.id) if job.request.conversation else None,
        **(result.facts() if result else {}),
    )


def _state(events: Sequence[JobEvent]) -> JobState:
    match events[-1] if events else None:
        case Finished():
            return JobState.STORED
        case Failed(state=state):
            return state
    dispatched = any(isinstance(event, JobDispatched) for event in events)
    return JobState.DISPATCHED if dispatched else JobState.RESERVED


def to_stored_image(image: ResultImage) -> StoredImage:
    """The record of an image."""
    return StoredImage(
        id=image.id,
        stored=image.stored,
        format=image.image.format.value,
        dimensions=image.image.dimensions,
        size=len(image.image.data),
        notes=image.notes,
    )
