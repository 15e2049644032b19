"""Use case: list the models of the provider."""

from dataclasses import dataclass
from datetime import date

from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider
from domain.models import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelListing:
    """The provider's catalog, and the day on which its shutdown dates are judged."""

    catalog: Catalog
    today: date


class ListModels:
    """Reads the provider's catalog. Calls nobody and costs nothing."""

    def __init__(self, provider: ImageProvider, clock: Clock) -> None:
        self.provider = provider
        self.clock = clock

    def __call__(self) -> ModelListing:
        """Return every model, whether or not it still runs."""
        return ModelListing(catalog=self.provider.catalog, today=self.clock.now().date())
