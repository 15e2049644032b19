"""The base of all safeguards: a provider around a provider."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from application.ports.image_provider import ImageProvider, ProviderStream, ResumableProvider
from domain.jobs import Job
from domain.models import Catalog
from domain.requests import EditRequest, GenerateRequest, ImageRequest

R = TypeVar("R", bound=ImageRequest)
CallNext = Callable[[Job[R]], ProviderStream]
"""The same action of the provider inside."""


class Safeguard(ABC):
    """An ImageProvider that adds one promise to the provider inside, for both actions.

    Passes on every event it does not act on: Accepted and PartialImage reach the job as the
    adapter yielded them.
    """

    def __init__(self, inner: ImageProvider) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def endpoint(self) -> str:
        return self.inner.endpoint

    @property
    def catalog(self) -> Catalog:
        return self.inner.catalog

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self.wrap(job, self.inner.generate)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self.wrap(job, self.inner.edit)

    def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Read the rest of accepted work under the same promise, if `is_resumable`."""
        return self.wrap(job, lambda job: self.resume_inner(job, handle))

    def resume_inner(self, job: Job[ImageRequest], handle: str) -> ProviderStream:
        """Let the provider inside read the rest."""
        assert isinstance(self.inner, ResumableProvider), f"{self.name} cannot resume work"
        return self.inner.resume(job, handle)

    @abstractmethod
    def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        """Read `call_next(job)` under the safeguard's promise; an asynchronous generator."""


def is_resumable(provider: ImageProvider) -> bool:
    """Whether the adapter inside all safeguards can read work that it accepted earlier."""
    while isinstance(provider, Safeguard):
        provider = provider.inner
    return isinstance(provider, ResumableProvider)
