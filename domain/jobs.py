"""A job: one paid piece of work for one owner, and the moves it may make.

reserved ──► dispatched ──► stored      the pictures are on disk
    │             ├───────► failed      the provider said no, or sent no picture
    └► failed     └───────► unknown     sent, and no word of the end: a charge is possible
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from domain.errors import ImageServiceError
from domain.models import ModelCard
from domain.provider_errors import OutcomeUnknown
from domain.requests import EditRequest, ImageRequest
from domain.results import ResultImage, Usage

LOCAL = "local"
"""The owner of everything that is asked for on this machine, over stdio or the command line."""

R = TypeVar("R", bound=ImageRequest, covariant=True)


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    RESERVED = "reserved"
    DISPATCHED = "dispatched"
    STORED = "stored"
    FAILED = "failed"
    UNKNOWN = "unknown"


TRANSITIONS = {
    JobState.RESERVED: {JobState.DISPATCHED, JobState.FAILED},
    JobState.DISPATCHED: {JobState.STORED, JobState.FAILED, JobState.UNKNOWN},
    JobState.STORED: set[JobState](),
    JobState.FAILED: set[JobState](),
    JobState.UNKNOWN: set[JobState](),
}


def final_state(error: ImageServiceError) -> JobState:
    """The state of a job that ends with this error."""
    return JobState.UNKNOWN if isinstance(error, OutcomeUnknown) else JobState.FAILED


class InvalidTransition(Exception):
    """A job was told to go where it cannot go: a fault in our code, not in a request."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A name that a caller gave a request, to ask again without a second job.

    `asked` is the digest of what was asked under it, before any setting had a say.
    """

    value: str
    request_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[R]):
    """What is to be painted, for whom, and how far it is.

    `request` is the effective one, checked against `card`; `asked_model` is the name that the
    caller used. `key` is the caller's name for the request. `notes` are for whoever asks later.
    `estimate` is what it may cost, in US dollars, None where nobody can say. `failure` is the
    error that ended it.
    """

    id: str
    owner: str
    provider: str
    request: R
    card: ModelCard
    requested_model: str
    fingerprint: str
    created_at: datetime
    key: IdempotencyKey | None = None
    estimate: Decimal | None = None
    state: JobState = JobState.RESERVED
    images: tuple[ResultImage, ...] = ()
    usage: Usage | None = None
    request_id: str | None = None
    revised_prompt: str | None = None
    notes: tuple[str, ...] = ()
    failure: ImageServiceError | None = None

    @property
    def action(self) -> str:
        """`generate` or `edit`."""
        return "edit" if isinstance(self.request, EditRequest) else "generate"

    @property
    def model(self) -> str:
        """The model that serves the job, by the name that the request has for it."""
        return self.request.model or self.card.name

    @property
    def catalog_model(self) -> str | None:
        """The model's name in the catalog, None for a model that is not in it."""
        return self.card.name if self.card.is_known else None

    @property
    def cost(self) -> Decimal | None:
        """US dollars by the card's price, None while usage or price is not known."""
        return self.card.cost(self.usage)

    @property
    def is_final(self) -> bool:
        """Whether its state is final."""
        return not TRANSITIONS[self.state]

    def dispatched(self) -> Self:
        """From here on money may be spent."""
        return self._transition(JobState.DISPATCHED)

    def stored(
        self,
        pictures: tuple[ResultImage, ...],
        usage: Usage | None,
        request_id: str | None,
        *,
        revised_prompt: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> Self:
        """The provider delivered, and the pictures are on disk."""
        return self._transition(
            JobState.STORED,
            images=pictures,
            usage=usage,
            request_id=request_id,
            revised_prompt=revised_prompt,
            notes=(*self.notes, *notes),
        )

    def failed(self, error: ImageServiceError) -> Self:
        """It ended without a picture, and we know it."""
        return self._transition(JobState.FAILED, failure=error)

    def unknown(self, error: ImageServiceError) -> Self:
        """It was sent, and whether it was painted and billed is not known."""
        return self._transition(JobState.UNKNOWN, failure=error)

    def _transition(self, to: JobState, **facts: Any) -> Self:  # noqa: ANN401 - fields of this class
        if to not in TRANSITIONS[self.state]:
            raise InvalidTransition(f"{self.id} cannot go from {self.state} to {to}")
        return replace(self, state=to, **facts)
