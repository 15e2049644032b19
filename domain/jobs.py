"""A job: one paid piece of work for one owner, and the transitions between its states.

reserved ──► dispatched ──► stored      the images are stored
    │             ├───────► failed      the provider refused, or sent no image
    └► failed     └───────► unknown     sent, and the outcome is unknown: a charge is possible
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar
from uuid import uuid4

from domain.errors import ImageServiceError
from domain.models import ModelCard
from domain.money.prices import PaidCall
from domain.provider_errors import OutcomeUnknown, ProviderError
from domain.recipes import Recipe
from domain.requests import ImageRequest
from domain.results import NO_FACTS, ImageResult, ResultFacts, ResultImage

LOCAL = "local"
"""The owner of everything that is requested over stdio or the command line."""

R = TypeVar("R", bound=ImageRequest, covariant=True)


class JobState(StrEnum):
    """The state of a job; the last three are final."""

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


OPEN_STATES = (JobState.RESERVED, JobState.DISPATCHED)
"""The states of a job that has not ended."""
UNSETTLED_STATES = (*OPEN_STATES, JobState.UNKNOWN)
"""The states of a job that may still be billed."""


def new_job_id() -> str:
    """An ID that no other job has."""
    return f"job_{uuid4().hex}"


def final_state(error: ImageServiceError) -> JobState:
    """The state of a job that ends with this error."""
    return JobState.UNKNOWN if isinstance(error, OutcomeUnknown) else JobState.FAILED


class InvalidTransition(Exception):
    """A job cannot change its state like this: a bug in this service, not in a request."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key for a request, which can be sent again without starting a second job.

    `request_digest` is the digest of the request as it was sent, before any setting applied.
    """

    value: str
    request_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(ResultFacts, Generic[R]):
    """A request, its owner, and the state of its work.

    `request` is the effective one, checked against `card`; `requested_model` is the model name in
    the caller's request. `key` is the caller's idempotency key. `notes` are for the caller.
    `recipe` is how the caller requested it.
    `estimate` is the expected cost in US dollars, None if it cannot be estimated. `failure` is the
    error that the job ended with. `turn` is the ID of the turn of a conversation that started it.
    `handle` is the name under which the provider has accepted the work: a process that has it can
    fetch the images, also after a restart. None for work without one.
    `fallback` is the fingerprint of the request to another model, if there is a fallback.
    `client` is the program that asked, by the name it gives itself; empty if that is unknown.
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
    recipe: Recipe | None = None
    estimate: Decimal | None = None
    state: JobState = JobState.RESERVED
    images: tuple[ResultImage, ...] = ()
    failure: ImageServiceError | None = None
    turn: str | None = None
    handle: str | None = None
    fallback: str | None = None
    client: str = ""

    @property
    def shared_key(self) -> str:
        """Jobs with equal keys are the same for all callers: they end in the same way."""
        return f"{self.fingerprint}/{self.fallback}" if self.fallback else self.fingerprint

    @property
    def title(self) -> str:
        """Words that may be in file names: the prompt, except of a conversation.

        The texts of a conversation can be cleared, and file names stay.
        """
        return "" if self.request.conversation else self.request.prompt

    @property
    def action(self) -> str:
        """`generate` or `edit`."""
        return self.request.action

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
        """US dollars by the card's price, None while usage or price is unknown."""
        call = PaidCall(self.request, len(self.images)) if self.images else None
        return self.card.cost(self.usage, call)

    def result(
        self, images: tuple[ResultImage, ...], facts: ResultFacts, *, created_at: datetime
    ) -> ImageResult:
        """The result of the job, whose images the provider has delivered with these facts."""
        return ImageResult(
            job_id=self.id,
            images=images,
            provider=self.provider,
            model=self.model,
            requested_model=self.requested_model,
            created_at=created_at,
            generation_cost=self.card.cost(facts.usage, PaidCall(self.request, len(images))),
            **facts.facts(),
        )

    @property
    def is_final(self) -> bool:
        """Whether the state is final."""
        return not TRANSITIONS[self.state]

    def dispatched(self) -> Self:
        """The job when it is sent: from here on it may cost money."""
        return self._transition(JobState.DISPATCHED)

    def accepted(self, handle: str) -> Self:
        """The dispatched job when the provider has accepted its work under this handle."""
        return replace(self, handle=handle)

    def stored(self, images: tuple[ResultImage, ...], facts: ResultFacts = NO_FACTS) -> Self:
        """The job when the provider has delivered and the images are stored."""
        notes = (*self.notes, *facts.notes)
        return self._transition(JobState.STORED, images=images, **{**facts.facts(), "notes": notes})

    def ended(self, error: ImageServiceError) -> Self:
        """The job when it was sent and ended with this error, in its `final_state`.

        It has the tokens that the provider counted all the same.
        """
        usage = error.usage if isinstance(error, ProviderError) else None
        return self._transition(final_state(error), failure=error, usage=usage)

    def failed(self, error: ImageServiceError) -> Self:
        """The job when it is known to have ended without an image."""
        return self._transition(JobState.FAILED, failure=error)

    def _transition(self, to: JobState, **facts: Any) -> Self:  # noqa: ANN401 - fields of this class
        if to not in TRANSITIONS[self.state]:
            raise InvalidTransition(f"{self.id} cannot go from {self.state} to {to}")
        return replace(self, state=to, **facts)
