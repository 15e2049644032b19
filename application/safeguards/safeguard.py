"""The base of all safeguards: a provider around a provider."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from application.ports.image_provider import ImageProvider, ProviderStream
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

    @abstractmethod
    def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        """Read `call_next(job)` under the safeguard's promise; an asynchronous generator."""
