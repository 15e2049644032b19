"""What is told about a job, in the order in which it happens.

JobStarted, then CacheHit, or JobQueued where there is a queue, JobDispatched and any number of
PartialReady, and exactly one of Finished and Failed, last. A job that is refused before it is
sent has no JobDispatched.

JobJoined is told of a job, and is no part of its story: only an EventSink hears it.

Rendered and RenditionFailed belong to no job: renditions are made after it, for one caller. Nor
does CacheTierFailed: jobs, renditions, statistics and sweeping share the cache.
"""

from dataclasses import dataclass

from domain.errors import ImageServiceError
from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """Work on the request has begun; nothing is sent yet. `fresh`: the cache is not asked."""

    job_id: str
    job: Job[ImageRequest]
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueued:
    """The job waits for a place, with `ahead` others before it."""

    job_id: str
    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDispatched:
    """The request goes to the provider now; from here on it may cost money."""

    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccepted:
    """The provider works on the job and calls that work `handle`.

    For the event sink alone: callers follow the job, and the handle is the provider's business.
    """

    job_id: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialReady:
    """A preview that the provider painted on the way to picture `picture` (from 0).

    `index` counts the previews of that picture from 0. Never decoded or checked by us.
    """

    job_id: str
    image: Image
    image_index: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFromCache:
    """The pictures were kept from an equal request, in this tier; nothing will be sent."""

    job_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFailed:
    """The cache could not be asked or filled; the job goes on without it."""

    job_id: str
    error: ImageServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The pictures are there and on disk; `shared`: how many callers had joined by then."""

    job_id: str
    result: ImageResult
    joined_callers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job ended without pictures."""

    job_id: str
    error: ImageServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class JobJoined:
    """One more caller shares the job, which costs nothing; the others are not told.

    It may come before JobStarted: whoever asks in the same moment joins a job that is not at work.
    """

    job_id: str
    job: Job[ImageRequest]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionCreated:
    """A rendition of a picture was made, not just fetched; equal bytes: the original is better."""

    image_id: str
    description: str
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionFailed:
    """No rendition could be made of a picture; the original is delivered."""

    image_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheTierFailed:
    """One tier of the cache could not do its work; the others did without it."""

    error: ImageServiceError


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
ExecutionEvent = JobEvent | JobAccepted
"""All that happens while a job is executed. Callers can read JobEvent; a sink gets both."""
ServiceEvent = (
    JobEvent | JobAccepted | JobJoined | RenditionCreated | RenditionFailed | CacheTierFailed
)
"""All that an EventSink is told."""
