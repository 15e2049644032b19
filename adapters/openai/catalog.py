"""Reads models.toml into model cards."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from adapters.openai.models_file import models_table
from domain.image_formats import Dimensions
from domain.models import Catalog, ModelCard
from domain.money.prices import ImagePricing, Pricing, TokenPricing
from domain.money.token_estimates import TokenEstimates
from domain.requests import Quality
from domain.size_rules import SizeRule

Table = Mapping[str, Any]
MONEY = ("price", "image_price", "tokens")


@cache
def openai_catalog(file: Path | None = None) -> Catalog:
    """All models that OpenAI offers or offered; those in the operator's `file` replace ours.

    Raises InvalidSettings as `models_table` does.
    """
    table = models_table(file)
    sizes = {name: _size_rule(rule) for name, rule in table["sizes"].items()}
    return Catalog(
        cards=tuple(_card(model, sizes, table) for model in table["models"]),
        default=table["default"],
    )


def _size_rule(rule: Table) -> SizeRule:
    listed = frozenset(Dimensions.parse(size) for size in rule["listed"])
    return SizeRule(**{**rule, "listed": listed})


def _card(model: Table, sizes: Mapping[str, SizeRule], table: Table) -> ModelCard:
    facts = {name: value for name, value in model.items() if name not in MONEY}
    return ModelCard(
        **{
            **facts,
            "aliases": tuple(model.get("aliases", ())),
            "sizes": sizes[model["sizes"]],
            "qualities": frozenset(Quality(quality) for quality in model["qualities"]),
            "pricing": _pricing(model, sizes[model["sizes"]], table),
        }
    )


def _pricing(model: Table, sizes: SizeRule, table: Table) -> Pricing | None:
    """The model's prices and token estimates, where the file has them."""
    if "image_price" in model:
        return _image_pricing(table["image_prices"][model["image_price"]])
    if "price" not in model:
        return None
    price = table["prices"][model["price"]]
    rates = {name: Decimal(rate) for name, rate in price.items() if name != "as_of"}
    estimates = _estimates(table["tokens"][model["tokens"]], sizes) if "tokens" in model else None
    return TokenPricing(as_of=price["as_of"], estimates=estimates, **rates)


def _image_pricing(price: Table) -> ImagePricing:
    by_size = price.get("by_size", {})
    return ImagePricing(
        per_image=Decimal(price["per_image"]),
        per_input_image=Decimal(price.get("per_input_image", "0")),
        by_size={Dimensions.parse(size): Decimal(usd) for size, usd in by_size.items()},
        as_of=price["as_of"],
    )


def _estimates(counts: Table, sizes: SizeRule) -> TokenEstimates:
    base = {Quality(quality): count for quality, count in counts["base_tokens"].items()}
    return TokenEstimates(**{**counts, "base_tokens": base, "auto_sizes": sizes.listed})
