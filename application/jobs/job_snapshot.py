"""What a record would say of a job that is in memory alone."""

from application.jobs.recent_jobs import RecentJob
from application.jobs.running_job import RunningJob
from domain.errors import ChargeStatus, RecordedFailure
from domain.events import Failed, Finished, JobDispatched, JobEvent
from domain.job_records import JobRecord, StoredImage
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown
from domain.results import ImageResult, ResultImage


def snapshot(job: RunningJob | RecentJob) -> JobRecord:
    """The job as its events tell it: one that waits or was served from the cache."""
    told, its = job.all_events(), job.job
    images, failure = _images(told), _failure(told)
    return JobRecord(
        id=its.id,
        owner=its.owner,
        action=its.action,
        provider=its.provider,
        model=its.request.model or its.card.name,
        requested_model=its.requested_model,
        prompt=its.request.prompt,
        fingerprint=its.fingerprint,
        state=_state(told),
        charged=failure.charged if failure else ChargeStatus.NO,
        created_at=its.created_at,
        changed_at=images.created_at if images else its.created_at,
        requested_images=its.request.n,
        revised_prompt=images.revised_prompt if images else None,
        notes=images.notes if images else (),
        failure=failure,
        images=tuple(map(to_stored_image, images.images)) if images else (),
    )


def _state(told: tuple[JobEvent, ...]) -> JobState:
    match told[-1] if told else None:
        case Finished():
            return JobState.STORED
        case Failed(error=OutcomeUnknown()):
            return JobState.UNKNOWN
        case Failed():
            return JobState.FAILED
    dispatched = any(isinstance(event, JobDispatched) for event in told)
    return JobState.DISPATCHED if dispatched else JobState.RESERVED


def _images(told: tuple[JobEvent, ...]) -> ImageResult | None:
    return next((event.result for event in told if isinstance(event, Finished)), None)


def _failure(told: tuple[JobEvent, ...]) -> RecordedFailure | None:
    error = next((event.error for event in told if isinstance(event, Failed)), None)
    return None if error is None else RecordedFailure.of(error)


def to_stored_image(picture: ResultImage) -> StoredImage:
    """What a record has of a picture."""
    image = picture.image
    return StoredImage(
        id=picture.id,
        location=picture.location,
        format=image.format.value,
        dimensions=image.dimensions,
        size=len(image.data),
        notes=picture.notes,
    )
