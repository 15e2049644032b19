"""The events of a job, in their order, and other events of the service.

A job starts with JobStarted. ServedFromCache follows, or JobQueued if all slots are taken,
JobDispatched and any number of PartialReady. The last event is exactly one of Finished and Failed.
A job that is refused before it is sent has no JobDispatched.

JobAccepted, JobJoined and FallbackStarted are about a job, but only an EventSink gets them; readers
of the job do not. After FallbackStarted another provider is asked, so JobQueued and JobDispatched
may come again. RenditionCreated and RenditionFailed belong to no job: renditions are made after it,
for one caller. CacheTierFailed belongs to none either: jobs, renditions and statistics share the
cache.

Every event is a plain value that can be stored or sent to another process: builtins, bytes,
Decimal and datetime in dataclasses; no exceptions, no open files, no callables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from traceback import format_exception

from domain.errors import ImageServiceError, InternalError
from domain.failures import Failure
from domain.image import Image
from domain.jobs import Job, JobState, final_state
from domain.models import ModelCard
from domain.provider_errors import ProviderError
from domain.requests import ImageRequest
from domain.results import ImageResult, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """Work on the job has begun; nothing is sent yet. `fresh`: the cache is not used.

    `catalog_model` is the model's name in the catalog, None for a model that is not in it. Clients
    may name any model; catalogs have few. `client` is the program that asked, empty if unknown.
    """

    job_id: str
    owner: str
    action: str
    model: str
    catalog_model: str | None
    provider: str
    prompt: str
    fresh: bool = False
    client: str = ""

    @classmethod
    def of(cls, job: Job[ImageRequest], *, fresh: bool = False) -> "JobStarted":
        """The event for this job."""
        return cls(
            job_id=job.id,
            owner=job.owner,
            action=job.action,
            model=job.model,
            catalog_model=job.catalog_model,
            provider=job.provider,
            prompt=job.request.prompt,
            fresh=fresh,
            client=job.client,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueued:
    """The job waits for a slot, with `ahead` others before it."""

    job_id: str
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDispatched:
    """The request is sent to the provider now; from here on it may cost money.

    `estimate` is the expected cost in US dollars, None if it is unknown.
    """

    job_id: str
    estimate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccepted:
    """The provider works on the job and calls that work `handle`.

    For the event sink only: callers follow the job, and do not need the handle.
    """

    job_id: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialReady:
    """A preview from the provider on the way to image `image_index` (from 0).

    `index` counts the previews of that image from 0. Never decoded or checked here.
    """

    job_id: str
    image: Image
    image_index: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFromCache:
    """The cache of this name has the result of an equal request; nothing will be sent."""

    job_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFailed:
    """The cache could not be read or filled; the job continues without it."""

    job_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The images are ready and stored. `joined_callers` is the number of callers that joined."""

    job_id: str
    result: ImageResult
    joined_callers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job ended without images.

    `state` is the final state of the job: failed, or unknown after it was sent. `usage` are the
    tokens that the provider counted all the same, and `cost` their price in US dollars; None if it
    is unknown. `trace` is Python's traceback of an unexpected error, for the log alone.
    """

    job_id: str
    failure: Failure
    state: JobState
    usage: Usage | None = None
    cost: Decimal | None = None
    trace: str = ""

    @classmethod
    def of(cls, job_id: str, error: ImageServiceError, card: ModelCard | None = None) -> "Failed":
        """The event for a job that ends with this error, with its cost by the model's card."""
        usage = error.usage if isinstance(error, ProviderError) else None
        cause = error.__cause__ if isinstance(error, InternalError) else None
        return cls(
            job_id=job_id,
            failure=Failure.of(error),
            state=final_state(error),
            usage=usage,
            cost=card.cost(usage) if card else None,
            trace="" if cause is None else "".join(format_exception(cause)).rstrip("\n"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobJoined:
    """One more caller shares the job, which costs nothing; other callers do not get this event.

    It may precede JobStarted, if an equal request joins the job before its task runs.
    """

    job_id: str
    action: str
    catalog_model: str | None
    provider: str

    @classmethod
    def of(cls, job: Job[ImageRequest]) -> "JobJoined":
        """The event for this job."""
        return cls(
            job_id=job.id,
            action=job.action,
            catalog_model=job.catalog_model,
            provider=job.provider,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackStarted:
    """The provider `failed_provider` charged nothing, and another model is asked instead.

    `failure` is why, and `note` says all of that in the result. The other fields are those of
    JobStarted, for the model that is asked.
    """

    job_id: str
    failed_provider: str
    failure: Failure
    note: str
    provider: str
    model: str
    catalog_model: str | None

    @classmethod
    def of(
        cls, job: Job[ImageRequest], error: ImageServiceError, *, failed: str, note: str
    ) -> "FallbackStarted":
        """The event for this job, after the provider `failed` raised this error."""
        return cls(
            job_id=job.id,
            failed_provider=failed,
            failure=Failure.of(error),
            note=note,
            provider=job.provider,
            model=job.model,
            catalog_model=job.catalog_model,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionCreated:
    """A rendition was made, not read from a cache; equal sizes mean that the original is used."""

    image_id: str
    description: str
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionFailed:
    """No rendition of the image could be made; the original is delivered."""

    image_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheTierFailed:
    """One tier of the cache failed; the others did the work without it."""

    reason: str


JobEvent = (
    JobStarted
    | ServedFromCache
    | CacheFailed
    | JobQueued
    | JobDispatched
    | PartialReady
    | Finished
    | Failed
)
"""The events that callers read."""
ExecutionEvent = JobEvent | JobAccepted | FallbackStarted
"""The events that the execution of a job yields."""
ServiceEvent = ExecutionEvent | JobJoined | RenditionCreated | RenditionFailed | CacheTierFailed
"""Everything that an EventSink gets."""


def is_superseded(event: JobEvent, later: Sequence[JobEvent]) -> bool:
    """Whether the event is a preview of an image of which `later` has another preview."""
    if not isinstance(event, PartialReady):
        return False
    previews = (other for other in later if isinstance(other, PartialReady))
    return any(other.image_index == event.image_index for other in previews)
