"""What all safeguards have in common: a provider around a provider."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from application.ports.image_provider import ImageProvider, Painting
from domain.jobs import Job
from domain.models import Catalog
from domain.requests import EditRequest, GenerateRequest, PictureRequest

R = TypeVar("R", bound=PictureRequest)


class Safeguard(ABC):
    """Is an ImageProvider, and adds one promise to the provider inside, for both actions."""

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

    def generate(self, job: Job[GenerateRequest], /) -> Painting:
        return self.guard(job, self.inner.generate)

    def edit(self, job: Job[EditRequest], /) -> Painting:
        return self.guard(job, self.inner.edit)

    @abstractmethod
    def guard(self, job: Job[R], paint: Callable[[Job[R]], Painting]) -> Painting:
        """Read `paint(job)` under the safeguard's promise; an asynchronous generator."""
