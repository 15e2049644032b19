"""Jobs as they are recorded: readable after their end, after a restart, and by other processes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.errors import Busy, ChargeStatus, RecordedFailure
from domain.image import StoredRef
from domain.image_formats import Dimensions
from domain.jobs import OPEN_STATES, JobState
from domain.recipes import Recipe
from domain.results import ResultFacts

RETRY_AFTER_SECONDS = 10.0
"""Seconds after which another process's job of the same request may have ended."""


class OwnedImage(NamedTuple):
    """The ID of an image, and one of its owners: equal images of two owners have the same ID."""

    id: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image that a job delivered, without its bytes.

    `stored` is None if it could not be stored. `size` is in bytes. `format` is empty and
    `dimensions` is None where a record lacks them.
    """

    id: str
    stored: StoredRef | None
    format: str
    dimensions: Dimensions | None
    size: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord(ResultFacts):
    """A job as it was recorded last.

    `cost` is in US dollars, None if it is unknown. `estimate` is the expected cost before the call
    was sent, None if it could not be estimated. `failure` is the error of a job that is failed or
    unknown. A `dismissed` job has an unknown outcome that its owner has seen. `recipe` is None
    if an earlier version recorded the job, or if its texts were cleared. `conversation` is the one
    that the job was started in, None if there is none, and empty if that was cleared. `repeated_at`
    is the time at which an equal request last got its images from a cache, None if none did.
    `handle` is the provider's name for work that it has accepted, as in Job. `size`, such as
    1024x1024, and `quality` are what the provider was asked for, and `client` is the program that
    asked; empty where a record lacks them.
    """

    id: str
    owner: str
    action: str
    provider: str
    model: str
    requested_model: str
    prompt: str
    fingerprint: str
    state: JobState
    charged: ChargeStatus
    created_at: datetime
    changed_at: datetime
    requested_images: int = 1
    cost: Decimal | None = None
    estimate: Decimal | None = None
    failure: RecordedFailure | None = None
    dismissed: bool = False
    recipe: Recipe | None = None
    images: tuple[StoredImage, ...] = ()
    conversation: str | None = None
    repeated_at: datetime | None = None
    handle: str | None = None
    size: str = ""
    quality: str = ""
    client: str = ""

    @property
    def last_delivered_at(self) -> datetime:
        """When its images were requested last, by the job or by an equal request."""
        return max(self.created_at, self.repeated_at or self.created_at)

    @property
    def title(self) -> str:
        """Words that may be in file names, as in Job."""
        return "" if self.conversation is not None else self.prompt

    @property
    def is_cleared(self) -> bool:
        """Whether its texts were deleted with its conversation."""
        return self.conversation == ""

    @property
    def is_open(self) -> bool:
        """Whether the job has not ended yet."""
        return self.state in OPEN_STATES


class JobPosition(NamedTuple):
    """Where a job stands among all jobs: by the time it was created, then by its ID."""

    created_at: datetime
    id: str


class ImageCursor(NamedTuple):
    """The last image of a page of images, and its job."""

    job: JobPosition
    image_id: str


def may_retry(record: JobRecord) -> bool:
    """Whether the job failed uncharged and its request may be sent again under the same key."""
    failure = record.failure
    return failure is not None and failure.retryable and failure.charged is ChargeStatus.NO


def busy_elsewhere() -> Busy:
    """The error for a request whose job runs in another process."""
    message = "Another process is already working on this request."
    return Busy(message, retry_after=RETRY_AFTER_SECONDS)
