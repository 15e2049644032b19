"""The models that an endpoint lists, compared with a catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.models import Catalog, ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A model in the list of an endpoint.

    `shutdown_date` is None if the endpoint announces none. `makes_images` is whether the model is
    said, or by its name supposed, to generate images.
    """

    name: str
    shutdown_date: date | None = None
    makes_images: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDifference:
    """A model whose date of retirement in the catalog is not the one that the endpoint lists."""

    model: str
    here: date | None
    there: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """A catalog and the list of its endpoint, as of one day."""

    catalog: Catalog
    listed: Sequence[ListedModel]
    today: date

    def find(self, name: str) -> ListedModel | None:
        """The model of exactly this name; None if it is not listed."""
        return self._by_name.get(name)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names in the catalog, snapshots too, that are not listed; retired models are left out."""
        there, running = self._by_name, self._running
        return tuple(name for card in running for name in _names(card) if name not in there)

    @property
    def unknown(self) -> tuple[ListedModel, ...]:
        """Image models, and the default model, that are listed and not in the catalog; by name."""
        models = (self._by_name[name] for name in sorted(self._by_name))
        return tuple(
            model
            for model in models
            if self.catalog.find(model.name) is None
            and (model.makes_images or model.name == self.catalog.default)
        )

    @property
    def dates(self) -> tuple[DateDifference, ...]:
        """The dates that differ, snapshots too.

        A model without a date differs from a date in the catalog only if the list has any dates: an
        endpoint without any does not announce them.
        """
        there, announces = self._by_name, any(model.shutdown_date for model in self.listed)
        pairs = (
            (card, there[name])
            for card in self.catalog.cards
            for name in _names(card)
            if name in there
        )
        return tuple(
            DateDifference(model=model.name, here=card.retirement_date, there=model.shutdown_date)
            for card, model in pairs
            if model.shutdown_date != card.retirement_date and (model.shutdown_date or announces)
        )

    @property
    def usable(self) -> tuple[str, ...]:
        """The names of image models that are listed and not retired: known ones first."""
        known = (name for card in self._running for name in _names(card))
        names = [*known, *(model.name for model in self.unknown)]
        found = (self._by_name[name] for name in names if name in self._by_name)
        return tuple(model.name for model in found if not is_shut_down(model, self.today))

    @property
    def dated_catalog(self) -> Catalog:
        """The catalog with the dates that the endpoint announces."""
        cards = (
            replace(card, retirement_date=model.shutdown_date or card.retirement_date)
            if (model := self.find(card.name))
            else card
            for card in self.catalog.cards
        )
        return replace(self.catalog, cards=tuple(cards))

    @property
    def _by_name(self) -> Mapping[str, ListedModel]:
        return {model.name: model for model in self.listed}

    @property
    def _running(self) -> tuple[ModelCard, ...]:
        return tuple(card for card in self.catalog.cards if not card.is_retired(self.today))


def is_shut_down(model: ListedModel, today: date) -> bool:
    """Whether the endpoint announces that it has shut the model down by this day."""
    return model.shutdown_date is not None and model.shutdown_date <= today


def _names(card: ModelCard) -> tuple[str, ...]:
    return card.name, *card.aliases
