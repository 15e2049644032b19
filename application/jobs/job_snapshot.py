"""What a record would say of a job that is in memory alone."""

from application.jobs.recent_jobs import EndedJob
from application.jobs.running_job import RunningJob
from domain.errors import Charged, PastFailure
from domain.events import Failed, Finished, JobDispatched, JobEvent
from domain.job_records import JobRecord, KeptPicture
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown
from domain.results import ImageSet, Picture


def record_of(job: RunningJob | EndedJob) -> JobRecord:
    """The job as its events tell it: one that waits or was served from the cache."""
    told, its = job.told(), job.job
    images, failure = _images(told), _failure(told)
    return JobRecord(
        id=its.id,
        owner=its.owner,
        action=its.action,
        provider=its.provider,
        model=its.request.model or its.card.name,
        asked_model=its.asked_model,
        prompt=its.request.prompt,
        fingerprint=its.fingerprint,
        state=_state(told),
        charged=failure.charged if failure else Charged.NO,
        created_at=its.created_at,
        changed_at=images.made_at if images else its.created_at,
        asked_pictures=its.request.n,
        revised_prompt=images.revised_prompt if images else None,
        notes=images.notes if images else (),
        failure=failure,
        pictures=tuple(map(kept_picture, images.pictures)) if images else (),
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


def _images(told: tuple[JobEvent, ...]) -> ImageSet | None:
    return next((event.images for event in told if isinstance(event, Finished)), None)


def _failure(told: tuple[JobEvent, ...]) -> PastFailure | None:
    error = next((event.error for event in told if isinstance(event, Failed)), None)
    return None if error is None else PastFailure.of(error)


def kept_picture(picture: Picture) -> KeptPicture:
    """What a record has of a picture."""
    image = picture.image
    return KeptPicture(
        id=picture.id,
        place=picture.place,
        format=image.format.value,
        dimensions=image.dimensions,
        size=len(image.data),
        notes=picture.notes,
    )
