"""The models of all providers, and the names that select them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.errors import InvalidRequest
from domain.models import Catalog, ModelCard, ModelSelection
from domain.requests import ImageRequest

SERVERS_DEFAULT = "default"
"""The name of the model that a server chooses where a request names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModel:
    """A model of one provider. `name` selects it: with the provider's name only where needed."""

    name: str
    provider: str
    card: ModelCard


@dataclass(frozen=True, slots=True)
class JointCatalog:
    """The catalogs of all providers, each beside the provider's name; the first one comes first.

    A name in a request means, in this order: a model of the first provider; a model of the provider
    whose name is before the first `/`, in any case; a model that only one other provider has; else
    a model that no catalog has, at the first provider. Catalogs that are not `listed` are found by
    the provider's name only.
    """

    catalogs: Sequence[tuple[str, Catalog]]

    @property
    def default(self) -> str:
        """The name of the model for requests that name none."""
        return self.catalogs[0][1].default

    @property
    def models(self) -> tuple[OfferedModel, ...]:
        """The models of all listed catalogs, those of the first provider first."""
        return tuple(each for each in self._offered() if self.of(each.provider).listed)

    def of(self, provider: str) -> Catalog:
        """The catalog of this provider; KeyError for one that is not set up."""
        return dict(reversed(self.catalogs))[provider]

    def name_of(self, provider: str, model: str) -> str:
        """The name that selects this model of this provider, if the provider is set up.

        A model that is only called the server's default always has its provider's name.
        """
        found, _, rest = self._resolve(model)
        is_found = (found, rest) == (provider, model) and len(self._able(model)) < 2
        is_found = is_found and model != SERVERS_DEFAULT
        is_here = any(name == provider for name, _ in self.catalogs)
        return f"{provider}/{model}" if is_here and not is_found else model

    def find(self, name: str) -> OfferedModel | None:
        """The model that this name, or this snapshot, selects; None if no catalog has it."""
        provider, catalog, model = self._resolve(name)
        card = catalog.find(model)
        return None if card is None else OfferedModel(name=name, provider=provider, card=card)

    def choose(self, name: str | None, today: date) -> ModelSelection:
        """Select provider and model: the successor of a retired one, an unknown one as it is.

        Raises InvalidRequest if several providers have the model, and none is named. Of those that
        have the default model, which no caller can correct, the first one is chosen.
        """
        if name and len(able := self._able(name)) > 1:
            raise InvalidRequest(
                f"Several providers have the model {name}.",
                field="model",
                hint=f"Use {' or '.join(f'{provider}/{name}' for provider, _ in able)}.",
            )
        requested = name or self.default
        provider, catalog, model = self._resolve(requested)
        chosen = catalog.choose(model, today)
        return replace(chosen, provider=provider, requested_model=requested)

    def check(self, request: ImageRequest, chosen: ModelSelection, today: date) -> None:
        """Raise UnsupportedByModel unless the model allows the request: see Catalog.check.

        The hint names a model that allows it, of the same provider if there is one.
        """
        if not chosen.card.unsupported_options(request):
            return  # without a look at all models

        def rank(model: OfferedModel) -> bool:
            return model.provider != chosen.provider

        own = chosen.provider
        known = [x for x in self._offered() if x.provider == own or self.of(x.provider).listed]
        offered = [(each.name, each.card) for each in sorted(known, key=rank)]
        self.of(chosen.provider).check(request, chosen.card, today, offered)

    def instead_of(self, provider: str, request: ImageRequest, today: date) -> str:
        """The name of a model of another provider that is known to allow the request, or empty."""
        return next(
            (
                each.name
                for each in self._offered()
                if each.provider != provider
                and each.card.is_known
                and not each.card.is_retired(today)
                and not each.card.unsupported_options(request)
            ),
            "",
        )

    def upcoming_retirements(self, today: date) -> tuple[str, ...]:
        """A note for each model that retires within WARN_BEFORE_RETIREMENT."""
        listed = (catalog for _, catalog in self.catalogs if catalog.listed)
        notes = (note for catalog in listed for note in catalog.upcoming_retirements(today))
        return tuple(dict.fromkeys(notes))

    def _offered(self) -> Iterator[OfferedModel]:
        for provider, catalog in self.catalogs:
            for card in catalog.cards:
                name = self.name_of(provider, card.name)
                yield OfferedModel(name=name, provider=provider, card=card)

    def _resolve(self, name: str) -> tuple[str, Catalog, str]:
        """The provider that a name means, its catalog, and the model's name there."""
        first = self.catalogs[0]
        if first[1].has(name):
            return (*first, name)
        before, _, rest = name.partition("/")
        for found in self.catalogs if rest else ():
            if found[0].lower() == before.lower() and not (found is first and first[1].slashes):
                return (*found, rest)
        return (*next(iter(self._able(name)), first), name)

    def _able(self, name: str) -> Sequence[tuple[str, Catalog]]:
        """The other listed providers that have the model; none if the first one has it."""
        others = [(each, catalog) for each, catalog in self.catalogs[1:] if catalog.listed]
        first_has_it = self.catalogs[0][1].has(name)
        return [] if first_has_it else [each for each in others if each[1].has(name)]
