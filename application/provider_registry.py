"""The image providers of this service, each for the models of its catalog."""

from typing import cast

from application.ports.image_provider import ImageProvider, ProviderStream
from domain.jobs import Job
from domain.models import Catalog, ModelCard, join_catalogs
from domain.requests import EditRequest, GenerateRequest, ImageRequest


class ProviderRegistry:
    """Providers by name. A model is served by the first one whose catalog has it.

    The first provider also serves requests that name no model, and models that no catalog has.
    """

    def __init__(self, first: ImageProvider, *others: ImageProvider) -> None:
        self._first = first
        self._providers = {provider.name: provider for provider in (first, *others)}

    @property
    def catalog(self) -> Catalog:
        """The models of all providers."""
        return join_catalogs([provider.catalog for provider in self._providers.values()])

    def serving(self, card: ModelCard) -> ImageProvider:
        """The provider that serves the model of this card."""
        providers = self._providers.values()
        return next((each for each in providers if each.catalog.find(card.name)), self._first)

    def stream(self, job: Job[ImageRequest]) -> ProviderStream:
        """Let the job's provider generate or edit, by the type of its request."""
        provider = self._providers[job.provider]
        if isinstance(job.request, EditRequest):
            return provider.edit(cast("Job[EditRequest]", job))
        return provider.generate(cast("Job[GenerateRequest]", job))
