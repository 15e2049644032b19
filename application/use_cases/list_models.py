"""Use case: list the models of all providers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider
from domain.joint_catalog import JointCatalog
from domain.models import ModelSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelListing:
    """The models, and the day for which they count as retired or not."""

    catalog: JointCatalog
    today: date

    @property
    def default(self) -> ModelSelection:
        """The model of a request that names none; its card is in the catalog if it is known."""
        return self.catalog.choose(None, self.today)

    @property
    def days_until_shutdown(self) -> Mapping[tuple[str, str], int]:
        """Whole days for each provider and model whose date is known: 0 on it, negative after."""
        dates = {(x.provider, x.card.name): x.card.retirement_date for x in self.catalog.models}
        return {model: (day - self.today).days for model, day in dates.items() if day is not None}

    @property
    def can_edit(self) -> bool:
        """Whether the default model accepts input images."""
        return self.default.card.max_input_images > 0


class ListModels:
    """Reads the providers' catalogs, which costs nothing: no provider is called."""

    def __init__(self, providers: Sequence[ImageProvider], clock: Clock) -> None:
        self.providers = providers
        self.clock = clock

    def __call__(self) -> ModelListing:
        """Return every model, whether or not it still runs."""
        catalog = JointCatalog([(each.name, each.catalog) for each in self.providers])
        return ModelListing(catalog=catalog, today=self.clock.now().date())
