"""What is known of a job later: after its end, after a restart, by another process."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.errors import ChargeStatus, RecordedFailure
from domain.image import StoredRef
from domain.image_formats import Dimensions
from domain.jobs import OPEN_STATES, JobState
from domain.results import ResultFacts


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
    """A job as it was recorded last. `cost` is in US dollars, None where it is not known.

    `estimate` is what the call was expected to cost before it was sent, None where nobody could
    say. `failure` is the error that it ended with, for a job that is failed or unknown.
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
    images: tuple[StoredImage, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it may still come to an end."""
        return self.state in OPEN_STATES


def may_retry(record: JobRecord) -> bool:
    """Whether the job failed uncharged and its request may be sent again under the same key."""
    failure = record.failure
    return failure is not None and failure.retryable and failure.charged is ChargeStatus.NO
