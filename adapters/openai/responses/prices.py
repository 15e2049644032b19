"""Prices of the models that can call the image tool, from models.toml."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from adapters.openai.catalog import openai_catalog
from adapters.openai.models_file import models_table
from domain.models import Catalog, ModelCard
from domain.money.mainline_pricing import MainlinePricing, TwoModelPricing

MONEY = ("tokens_in", "tokens_out", "cached_in", "written_in")
SEVERAL = "Send one call for each image, or set API_MODE=images for several in one call."
"""What to do where a request asks for several images: the tool has no option for that."""


def mainline_pricing(model: str, models_file: Path | None = None) -> MainlinePricing | None:
    """The prices of this model; None for one whose prices are not known."""
    return _all_mainline(models_file).get(model.strip())


@cache
def _all_mainline(models_file: Path | None) -> Mapping[str, MainlinePricing]:
    table = models_table(models_file)
    return {name: _pricing(rates) for name, rates in table["mainline"].items()}


def _pricing(rates: Mapping[str, Any]) -> MainlinePricing:
    values: dict[str, Any] = {
        name: Decimal(rate) if name in MONEY else rate for name, rate in rates.items()
    }
    return MainlinePricing(**values)


def responses_catalog(mainline: str, models_file: Path | None = None) -> Catalog:
    """The image models as the image tool serves them: one image a call, and two models to pay."""
    catalog = openai_catalog(models_file)
    prices = mainline_pricing(mainline, models_file)
    return replace(
        catalog,
        cards=tuple(_card(card, mainline, prices) for card in catalog.cards),
        fallback_card=_card(catalog.fallback_card, mainline, prices),
        hints={"n": SEVERAL},
    )


def _card(card: ModelCard, mainline: str, prices: MainlinePricing | None) -> ModelCard:
    pricing = TwoModelPricing(image=card.pricing, mainline=prices, mainline_model=mainline)
    return replace(card, max_images=1, pricing=pricing)
