"""Reads models.toml into the domain's model cards."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from domain.image_formats import Dimensions
from domain.models import Catalog, ModelCard, SizeRule
from domain.money.prices import Price
from domain.money.token_estimates import TokenEstimates
from domain.requests import Quality

Table = Mapping[str, Any]


@cache
def openai_catalog() -> Catalog:
    """All models that OpenAI offers or offered, as models.toml beside this file has them."""
    text = files("adapters.openai").joinpath("models.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    sizes = {name: _size_rule(rule) for name, rule in table["sizes"].items()}
    prices = {name: _price(price) for name, price in table["prices"].items()}
    tokens = {name: _tokens(counts) for name, counts in table["tokens"].items()}
    return Catalog(
        cards=tuple(_card(model, sizes, prices, tokens) for model in table["models"]),
        default=table["default"],
    )


def _size_rule(rule: Table) -> SizeRule:
    listed = frozenset(Dimensions.parse(size) for size in rule["listed"])
    return SizeRule(**{**rule, "listed": listed})


def _price(price: Table) -> Price:
    rates = {name: Decimal(rate) for name, rate in price.items() if name != "as_of"}
    return Price(as_of=price["as_of"], **rates)


def _tokens(counts: Table) -> TokenEstimates:
    base = {Quality(quality): count for quality, count in counts["base_tokens"].items()}
    return TokenEstimates(**{**counts, "base_tokens": base})


def _card(
    model: Table,
    sizes: Mapping[str, SizeRule],
    prices: Mapping[str, Price],
    tokens: Mapping[str, TokenEstimates],
) -> ModelCard:
    return ModelCard(
        **{
            **model,
            "aliases": tuple(model.get("aliases", ())),
            "sizes": sizes[model["sizes"]],
            "qualities": frozenset(Quality(quality) for quality in model["qualities"]),
            "price": prices[model["price"]] if "price" in model else None,
            "tokens": tokens[model["tokens"]] if "tokens" in model else None,
        }
    )
