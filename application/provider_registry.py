"""The image providers of this service, each for the models of its catalog."""

from contextlib import aclosing
from datetime import date
from typing import cast

from application.ports.image_provider import ImageProvider, ProviderStream, ResumableProvider
from application.safeguards.safeguard import is_resumable
from domain.jobs import Job
from domain.joint_catalog import JointCatalog
from domain.models import ModelCard
from domain.provider_errors import RequestRefused
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

    async def stream(self, job: Job[ImageRequest]) -> ProviderStream:
        """Let the job's provider generate or edit, by the type of its request.

        If it turns out that the provider edits no images, the error names a model that does.
        """
        try:
            async with aclosing(self._stream(job)) as events:
                async for event in events:
                    yield event
        except RequestRefused as error:
            other = error.cannot_edit and self.catalog.instead_of(
                job.provider, job.request, job.created_at.date()
            )
            if other:
                error.hint = f"Use {other} instead, or generate an image."
            raise

    def _stream(self, job: Job[ImageRequest]) -> ProviderStream:
        provider = self._providers[job.provider]
        if isinstance(job.request, EditRequest):
            return provider.edit(cast("Job[EditRequest]", job))
        return provider.generate(cast("Job[GenerateRequest]", job))

    def can_resume(self, name: str) -> bool:
        """Whether the provider of this name is here and can read work that it accepted earlier."""
        provider = self._providers.get(name)
        return provider is not None and is_resumable(provider)

    def resume(self, job: Job[ImageRequest], handle: str) -> ProviderStream:
        """Read the rest of the work that the job's provider, which must be resumable, accepted."""
        provider = self._providers[job.provider]
        assert isinstance(provider, ResumableProvider), f"{job.provider} cannot resume work"
        return provider.resume(job, handle)

    def card(self, provider: str, model: str, today: date) -> ModelCard:
        """The card of the model by which this provider served a job on this day."""
        return self._providers[provider].catalog.choose(model, today).card
