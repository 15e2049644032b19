"""The models of a provider as structured data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from application.use_cases.list_models import ModelListing
from domain.models import ModelCard
from domain.money.mainline_pricing import TwoModelPricing
from domain.money.prices import FreePricing, ImagePricing, Pricing, TokenPricing
from domain.money.thought_pricing import ThoughtPricing
from domain.requests import Quality


class ModelsResult(Struct, kw_only=True):
    """The models, each as `catalog_entries` describes it."""

    models: list[dict[str, Any]]


def catalog_entries(listing: ModelListing) -> list[dict[str, object]]:
    """What each model can do, as JSON values.

    `default` is true for the model that serves a request without one, unless it has no card.
    """
    default = listing.default.card
    return [
        {
            "name": offered.name,
            "provider": offered.provider,
            "default": card is default,  # two providers may have equal cards
            "snapshots": list(card.aliases),
            "sizes": str(card.sizes),
            "qualities": quality_names(card),
            "transparent": card.transparent,
            "partialImages": card.streams,
            "shutdown": card.retirement_date and card.retirement_date.isoformat(),
            "successor": card.successor,
            "usdPerMillionTokens": _token_rates(card.pricing),
        }
        for offered in listing.catalog.models
        for card in (offered.card,)
    ]


def model_lines(entries: Sequence[Mapping[str, object]]) -> str:
    """What the table of models leaves out or rounds, for a model: a line for each of them."""
    return "\n".join(map(_model_line, entries))


def _model_line(entry: Mapping[str, object]) -> str:
    facts = {name: fact for name, fact in entry.items() if name != "name"}
    return f"{entry['name']}: {'; '.join(_in_words(facts))}"


def _in_words(facts: Mapping[str, object]) -> Iterator[str]:
    for name, fact in facts.items():
        if fact is True:
            yield name
        elif isinstance(fact, Mapping):
            yield f"{name}: {', '.join(_in_words(fact))}"
        elif isinstance(fact, list) and fact:
            yield f"{name} {', '.join(map(str, fact))}"
        elif isinstance(fact, float):
            yield f"{name} {fact:g}"
        elif fact:
            yield f"{name} {fact}"


def _token_rates(pricing: Pricing | None) -> dict[str, object] | None:
    match pricing:
        case FreePricing():
            rates = dict.fromkeys(("textIn", "imageIn", "out"), 0.0)
        case TokenPricing():
            rates = {
                "textIn": float(pricing.text_in),
                "imageIn": float(pricing.image_in),
                "out": float(pricing.out),
                **_cached_rates(pricing),
            }
        case ImagePricing():
            return _image_rates(pricing)
        case ThoughtPricing():
            rates = {
                "textIn": float(pricing.text_in),
                "imageIn": float(pricing.image_in),
                "out": float(pricing.image_out),
                "textOut": float(pricing.text_out),
            }
        case TwoModelPricing():
            return _both_rates(pricing)
        case _:
            return None
    return {**rates, "asOf": pricing.as_of.isoformat()}


def _image_rates(pricing: ImagePricing) -> dict[str, object]:
    """US dollars for each image, and for each size and input image of another price."""
    rates: dict[str, object] = {"perImage": float(pricing.per_image)}
    rates |= {str(size): float(usd) for size, usd in sorted(pricing.by_size.items())}
    if pricing.per_input_image:
        rates["perInputImage"] = float(pricing.per_input_image)
    return {**rates, "asOf": pricing.as_of.isoformat()}


def _both_rates(pricing: TwoModelPricing) -> dict[str, object]:
    """The rates of the image model, and beside them those of the model that calls it."""
    mainline = pricing.mainline
    rates: dict[str, object] = {"name": pricing.mainline_model}
    if mainline is not None:
        known = {"cachedIn": mainline.cached_in, "cacheWriteIn": mainline.written_in}
        rates |= {"in": float(mainline.tokens_in), "out": float(mainline.tokens_out)}
        rates |= {name: float(rate) for name, rate in known.items() if rate is not None}
        rates |= {"asOf": mainline.as_of.isoformat()}
    return {**(_token_rates(pricing.image) or {}), "languageModel": rates}


def _cached_rates(pricing: TokenPricing) -> dict[str, float]:
    rates = {"cachedTextIn": pricing.cached_text_in, "cachedImageIn": pricing.cached_image_in}
    return {name: float(rate) for name, rate in rates.items() if rate is not None}


def quality_names(card: ModelCard) -> list[str]:
    """The qualities that the model has, in the order of their cost."""
    return [quality.value for quality in Quality if quality in card.qualities]
