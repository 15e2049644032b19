"""Use case: compare the models of the catalogs with those that the endpoints list."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from application.error_redaction import redact_error
from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider, ListsModels
from domain.errors import ChargeStatus
from domain.joint_catalog import JointCatalog
from domain.model_comparison import ListedModel, ModelComparison, is_shut_down
from domain.models import Catalog, ModelSelection
from domain.money.mainline_pricing import TwoModelPricing
from domain.provider_errors import BadProviderReply, OutcomeUnknown, ProviderError, ProviderTimedOut
from domain.redactor import Redactor
from domain.untrusted_text import single_line

LIST_SECONDS = 20.0
"""Seconds in which an endpoint must have sent its whole list."""
MAX_NAME = 200
"""Characters of a listed name. The longest of an image model of OpenAI has 33."""
FREE = "Reading the list of models costs nothing, so it can be repeated."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCheck:
    """One provider's catalog, and its comparison; None if the provider has no list of models."""

    provider: str
    endpoint: str
    catalog: Catalog
    comparison: ModelComparison | None

    @property
    def dated_catalog(self) -> Catalog:
        """The catalog with the dates that the endpoint announces, if it announces any."""
        return self.catalog if self.comparison is None else self.comparison.dated_catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """The comparisons of all providers, and what they mean for the default model.

    `problems` are the reasons why requests that name no model fail or get another model.
    """

    providers: Sequence[ProviderCheck]
    default: ModelSelection
    problems: Sequence[str]
    today: date

    @property
    def retiring(self) -> Sequence[str]:
        """A note for each model that retires within WARN_BEFORE_RETIREMENT.

        The date that the endpoint announces counts; without one, the catalog's.
        """
        catalogs = [check.dated_catalog for check in self.providers]
        return [note for each in catalogs for note in each.upcoming_retirements(self.today)]

    @property
    def usable(self) -> Sequence[str]:
        """Image models that an endpoint lists and has not shut down, known ones first."""
        comparisons = [check.comparison for check in self.providers if check.comparison]
        return [name for comparison in comparisons for name in comparison.usable]


class CheckModels:
    """Asks each endpoint for its list of models, which costs nothing.

    `providers` are those without safeguards, which would hide their lists; `secrets` are hidden in
    what the endpoints say. Each list must arrive within `seconds`.
    """

    def __init__(
        self,
        providers: Sequence[ImageProvider],
        clock: Clock,
        secrets: Iterable[str] = (),
        *,
        seconds: float = LIST_SECONDS,
    ) -> None:
        self.providers = providers
        self.clock = clock
        self.redactor = Redactor(secrets)
        self.seconds = seconds

    async def __call__(self) -> ModelCheck:
        """Compare all; raise ProviderError, with `charged` no, if a list cannot be read."""
        today = self.clock.now().date()
        listed = [each for each in self.providers if each.catalog.listed]
        checks = [await self._check(provider, today) for provider in listed]
        default = JointCatalog([(each.provider, each.catalog) for each in checks]).choose(
            None, today
        )
        serving = next(each for each in checks if each.provider == default.provider)
        return ModelCheck(
            providers=checks,
            default=default,
            problems=[*_problems(default, serving.comparison, today)],
            today=today,
        )

    async def _check(self, provider: ImageProvider, today: date) -> ProviderCheck:
        catalog, comparison = provider.catalog, None
        if isinstance(provider, ListsModels):
            listed = await self._listed(provider)
            comparison = ModelComparison(catalog=catalog, listed=listed, today=today)
        return ProviderCheck(
            provider=provider.name,
            endpoint=provider.endpoint,
            catalog=catalog,
            comparison=comparison,
        )

    async def _listed(self, provider: ListsModels) -> Sequence[ListedModel]:
        try:
            async with asyncio.timeout(self.seconds):
                listed = await provider.list_models()
        except TimeoutError:
            text = f"The endpoint did not send its list of models within {self.seconds:g} s."
            raise _free(ProviderTimedOut(text)) from None
        except ProviderError as error:
            await redact_error(error, self.redactor)
            raise _free(error) from error
        clean = self.redactor.text
        return [replace(model, name=single_line(clean(model.name), MAX_NAME)) for model in listed]


def _free(error: ProviderError) -> ProviderError:
    """The error of a request that generates nothing, so that it may be repeated."""
    if type(error) is OutcomeUnknown:  # its code says that an image may exist
        unusable = BadProviderReply(error.message)
        unusable.request_id = error.request_id
        error = unusable
    if isinstance(error, OutcomeUnknown | BadProviderReply):
        error.charged, error.retryable, error.hint = ChargeStatus.NO, True, FREE
    return error


def _problems(
    default: ModelSelection, comparison: ModelComparison | None, today: date
) -> Iterator[str]:
    """Why the default model is not used, or will be refused, each with what to do about it."""
    usable = comparison.usable if comparison else ()
    instead = f"Set IMAGE_MODEL to another model{f', such as {usable[0]}' if usable else ''}."
    if default.replaced or default.card.is_retired(today):
        yield f"{' '.join(default.notes)} {instead}"
    if comparison is None:
        return
    if fault := _fault(comparison, default.model):
        yield f"{fault} {instead}"
    pricing = default.card.pricing
    mainline = pricing.mainline_model if isinstance(pricing, TwoModelPricing) else ""
    if mainline and (fault := _fault(comparison, mainline)):
        yield f"{fault} Set RESPONSES_MODEL to a language model that is listed."


def _fault(comparison: ModelComparison, name: str) -> str:
    """What the list says against using this model; empty if nothing."""
    model = comparison.find(name)
    if model is None:
        return f"The endpoint does not list {name}."
    if is_shut_down(model, comparison.today):
        return f"The endpoint lists {name} as shut down on {model.shutdown_date}."
    return ""
