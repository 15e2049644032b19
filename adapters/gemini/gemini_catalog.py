"""Reads models.toml into model cards, and sizes into what the API calls them."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from domain.image_formats import Dimensions, ImageFormat
from domain.models import Catalog, ModelCard
from domain.money.thought_pricing import ThoughtPricing
from domain.requests import Quality
from domain.size_rules import SizeRule

Table = Mapping[str, Any]
PANORAMAS = frozenset({"1:4", "4:1", "1:8", "8:1"})
"""Aspect ratios that only models with `aspects = "all"` have."""
MAX_INPUT_IMAGES = 14
DEFAULT_TIER = "1K"
"""The tier of a request that leaves the size to the model. It is sent: so the price is known."""
RATES = ("text_in", "image_in", "text_out", "image_out")


class Shape(NamedTuple):
    """What the API calls a size."""

    aspect_ratio: str
    image_size: str


@cache
def gemini_catalog(default: str | None = None, *, streams: bool = True) -> Catalog:
    """All models that Google offers or offered, with `default` as the one that is not named.

    `streams`: whether the drafts of the models that make some are read.
    """
    table = _table()
    cards = tuple(_card(model, table, streams=streams) for model in table["models"])
    return Catalog(cards=cards, default=default or table["default"], hints={"n": SEVERAL})


SEVERAL = "Send one call for each image."
"""What to do where a request asks for several images: the API has no option for that."""


@cache
def shapes() -> Mapping[Dimensions, Shape]:
    """Every size of the API by its pixels."""
    return {
        Dimensions.parse(pixels): Shape(aspect, tier)
        for aspect, tiers in _table()["sizes"].items()
        for tier, pixels in tiers.items()
    }


def shape_of(size: Dimensions) -> Shape:
    """What the API calls the size, or the nearest one that it has."""
    known = shapes()
    return known[SizeRule(listed=frozenset(known)).nearest(size)]


@cache
def _table() -> Table:
    text = files("adapters.gemini").joinpath("models.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _card(model: Table, table: Table, *, streams: bool) -> ModelCard:
    tokens = {
        size: model["tokens"][shape.image_size]
        for size, shape in shapes().items()
        if shape.image_size in model["tokens"]
        and (model["aspects"] == "all" or shape.aspect_ratio not in PANORAMAS)
    }
    card = ModelCard(
        name=model["name"],
        aliases=tuple(model.get("aliases", ())),
        sizes=SizeRule(listed=frozenset(tokens)),
        qualities=frozenset({Quality.AUTO}),
        formats=frozenset({ImageFormat.JPEG}),
        makes_own_format=True,
        transparent=False,
        streams=streams and model.get("streams", False),
        max_images=1,
        max_input_images=MAX_INPUT_IMAGES,
        masks=False,
        retirement_date=model.get("retirement_date"),
        successor=model.get("successor"),
    )
    pricing = _pricing(model, tokens, table["estimates"]) if "price" in model else None
    return replace(card, pricing=pricing)


def _pricing(model: Table, tokens: Mapping[Dimensions, int], estimates: Table) -> ThoughtPricing:
    price = model["price"]
    rates = {name: Decimal(price[name]) for name in RATES}
    facts: dict[str, Any] = {**rates, **estimates, "as_of": price["as_of"]}
    auto = model["tokens"][DEFAULT_TIER]
    return ThoughtPricing(image_tokens=tokens, auto_tokens=auto, **facts)
