"""The image providers of this service, each for the models of its catalog."""

from typing import cast

from application.ports.image_provider import ImageProvider, ProviderStream
from domain.jobs import Job
from domain.joint_catalog import JointCatalog
from domain.requests import EditRequest, GenerateRequest, ImageRequest


class ProviderRegistry:
    """Providers by name. The catalog of all says which of them a request's model selects."""

    def __init__(self, *providers: ImageProvider) -> None:
        self._providers = {provider.name: provider for provider in providers}

    @property
    def catalog(self) -> JointCatalog:
        """The models of all providers."""
        return JointCatalog([(name, each.catalog) for name, each in self._providers.items()])

    def named(self, name: str) -> ImageProvider:
        """The provider of this name."""
        return self._providers[name]

    def stream(self, job: Job[ImageRequest]) -> ProviderStream:
        """Let the job's provider generate or edit, by the type of its request."""
        provider = self._providers[job.provider]
        if isinstance(job.request, EditRequest):
            return provider.edit(cast("Job[EditRequest]", job))
        return provider.generate(cast("Job[GenerateRequest]", job))
