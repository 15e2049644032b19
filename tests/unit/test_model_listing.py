"""The list of models marks the model that serves a request without one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.responses.prices import responses_catalog
from application.use_cases.list_models import ModelListing
from domain.joint_catalog import JointCatalog
from domain.models import Catalog, ModelCard
from entrypoints.wire.model_results import catalog_entries
from entrypoints.wire.model_tables import catalog_text

TODAY = date(2026, 11, 22)
FLARE = "gpt-image-2.6-flare"
SNAPSHOT = "gpt-image-2-2026-04-21"


def listing_with(default: str, today: date = TODAY) -> ModelListing:
    return listing_of(replace(openai_catalog(), default=default), today=today)


def listing_of(*catalogs: Catalog, today: date = TODAY) -> ModelListing:
    names = ["first", "second"]
    return ModelListing(catalog=JointCatalog([*zip(names, catalogs, strict=False)]), today=today)


@pytest.mark.parametrize(
    ("default", "marked", "caption"),
    [
        pytest.param(FLARE, [FLARE], "* default model; every", id="a name"),
        pytest.param(SNAPSHOT, ["gpt-image-2"], f"* default model: {SNAPSHOT};", id="a snapshot"),
        pytest.param("gpt-image-1", [FLARE], "* default model; every", id="a retired name"),
        pytest.param("dall-e-2", [FLARE], "* default model; every", id="a retired alias"),
        pytest.param("x[/b]", [], "default model: x[/b], of unknown", id="an unknown name"),
    ],
)
def test_the_model_that_serves_is_marked(default: str, marked: list[str], caption: str) -> None:
    listing = listing_with(default)
    text = catalog_text(listing)
    assert [entry["name"] for entry in catalog_entries(listing) if entry["default"]] == marked
    assert [name for name in marked if f"{name} *" in text] == marked
    assert text.count("*") == len(marked) + (1 if marked else 0)
    assert caption in text


def test_the_mark_moves_to_the_successor_on_the_retirement_date() -> None:
    for day, serving in ((date(2026, 11, 30), "gpt-image-1.5"), (date(2026, 12, 1), FLARE)):
        entries = catalog_entries(listing_with("gpt-image-1.5", day))
        assert [entry["name"] for entry in entries if entry["default"]] == [serving]


def test_the_language_model_of_the_responses_api_has_its_prices_beside_the_image_models() -> None:
    listing = listing_of(responses_catalog("gpt-6-luna"))
    (flare,) = [each for each in catalog_entries(listing) if each["name"] == FLARE]
    rates = flare["usdPerMillionTokens"]
    assert isinstance(rates, dict)
    assert (rates["textIn"], rates["imageIn"], rates["out"]) == (5.0, 8.0, 30.0)
    luna = {"name": "gpt-6-luna", "in": 0.1, "out": 0.5, "cachedIn": 0.01, "cacheWriteIn": 0.125}
    assert rates["languageModel"] == {**luna, "asOf": "2026-11-27"}
    assert "with the language model gpt-6-luna, $ in / out: 0.10/0.50" in catalog_text(listing)


def test_the_price_of_an_unknown_language_model_is_unknown_and_not_0() -> None:
    listing = listing_of(responses_catalog("gpt-unheard-of"))
    entry = next(each for each in catalog_entries(listing) if each["name"] == FLARE)
    rates = entry["usdPerMillionTokens"]
    assert isinstance(rates, dict)
    assert rates["languageModel"] == {"name": "gpt-unheard-of"}
    assert "gpt-unheard-of, $ in / out: unknown" in catalog_text(listing)


def test_of_two_equal_cards_the_one_of_the_first_provider_is_marked() -> None:
    catalogs = [Catalog(cards=(ModelCard(name="one"),), default="one") for _ in range(2)]
    listing = listing_of(*catalogs)
    assert [entry["name"] for entry in catalog_entries(listing)] == ["one", "second/one"]
    assert [entry["default"] for entry in catalog_entries(listing)] == [True, False]


def test_a_model_that_retires_within_30_days_is_told_below_the_table() -> None:
    soon = ModelCard(name="a-1", retirement_date=TODAY + timedelta(days=30), successor="a-2")
    later = ModelCard(name="a-2", retirement_date=TODAY + timedelta(days=31))
    gone = ModelCard(name="a-0", retirement_date=TODAY)
    catalog = Catalog(cards=(soon, later, gone), default="a-2")
    last = catalog_text(listing_of(catalog)).splitlines()[-1]
    assert last == "a-1 retires on 2026-12-22; a-2 will replace it."
    assert len(catalog.upcoming_retirements(TODAY)) == 1
