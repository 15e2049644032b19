"""MODELS_FILE: the operator's models beside ours, and what is wrong with a file told by name."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.responses.prices import mainline_pricing, responses_catalog
from domain.image_formats import Dimensions
from domain.money.prices import TokenPricing
from domain.provider_errors import InvalidSettings
from domain.requests import GenerateRequest
from entrypoints.bootstrap.providers import check_models_file
from entrypoints.config.settings_error import SettingsError
from tests.testkit.fakes import settings_in

TODAY = date(2026, 12, 20)
DOCS = Path(__file__).parents[2] / "docs" / "models.md"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        file = tmp_path / "models.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_the_example_of_the_page_adds_a_model_and_changes_another(write: Write) -> None:
    example = re.search(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert example is not None
    ours, catalog = openai_catalog(), openai_catalog(write(example[1]))
    chosen = catalog.choose(None, TODAY)
    assert (chosen.model, chosen.card.name) == ("gpt-image-3", "gpt-image-3")
    assert chosen.card.estimate(GenerateRequest(prompt="a fox")) is not None
    pricing = chosen.card.pricing
    assert isinstance(pricing, TokenPricing)
    assert pricing.out == Decimal(33)
    assert catalog.find("gpt-image-3-2026-12-10") == chosen.card
    assert catalog.choose("gpt-image-2", date(2027, 6, 1)).card == chosen.card
    names = {card.name for card in ours.cards}
    assert {card.name for card in catalog.cards} == names | {"gpt-image-3"}
    assert openai_catalog() == ours


def test_prices_of_language_models_can_be_changed(write: Write) -> None:
    file = write(
        '[mainline.gpt-7]\ntokens_in = "1"\ntokens_out = "2.50"\nas_of = 2026-12-15\n'
        "long_context = 272000\n"
    )
    pricing = mainline_pricing("gpt-7", file)
    assert pricing is not None
    assert pricing.tokens_out == Decimal("2.50")
    assert mainline_pricing("gpt-7") is None
    assert responses_catalog("gpt-7", file).find("gpt-image-2") is not None


def test_a_model_can_be_priced_by_the_image(write: Write) -> None:
    prices = '[image_prices.flux]\nper_image = "0.04"\nas_of = 2026-12-15\n'
    more = 'per_input_image = "0.01"\nby_size = { 2048x2048 = "0.08" }\n'
    card = openai_catalog(write(prices + more + MODEL + 'image_price = "flux"\n')).find("m")
    assert card is not None
    assert card.estimate(GenerateRequest(prompt="a fox", n=2)) == Decimal("0.08")
    large = GenerateRequest(prompt="a fox", size=Dimensions(2048, 2048))
    assert card.estimate(large) == Decimal("0.08")


MODEL = '[[models]]\nname = "m"\nsizes = "free"\nqualities = ["low"]\n'
FAULTS = {
    "no TOML": ("x = = 1", "line 1"),
    "an unknown table": ("[price.x]\n", "`price`"),
    "an unknown key": (MODEL + "shade = 1\n", "`shade`"),
    "a missing key": ('[[models]]\nname = "m"\nsizes = "free"\n', "`qualities`"),
    "a wrong quality": (MODEL.replace("low", "fine"), "$.models[0].qualities[0]"),
    "a wrong date": (MODEL + 'retirement_date = "soon"\n', "$.models[0].retirement_date"),
    "a negative price": (
        '[prices.p]\ntext_in = "-1"\nimage_in = "1"\nout = "1"\nas_of = 2026-12-15\n',
        "$.prices",
    ),
    "a table that is missing": (MODEL + 'price = "none"\n', "price = 'none'"),
    "two prices": (
        '[image_prices.p]\nper_image = "1"\nas_of = 2026-12-15\n'
        + MODEL
        + 'price = "current"\nimage_price = "p"\n',
        "it has a price and an image_price",
    ),
    "a quality without tokens": (
        MODEL.replace('"low"', '"xhigh"') + 'tokens = "v2"\n',
        "base_tokens has no xhigh",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_the_file_and_its_place(name: str, write: Write) -> None:
    text, place = FAULTS[name]
    file = write(text)
    with pytest.raises(InvalidSettings) as refused:
        openai_catalog(file)
    assert str(file) in refused.value.message
    assert place in refused.value.message
    assert "MODELS_FILE" in refused.value.message


def test_a_server_with_a_faulty_file_does_not_start(tmp_path: Path, write: Write) -> None:
    missing = settings_in(tmp_path, openai_api_key="sk-x", models_file=tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"MODELS_FILE: .*none\.toml: No such file"):
        check_models_file(missing)
    check_models_file(settings_in(tmp_path, openai_api_key="sk-x", models_file=write(MODEL)))
    check_models_file(settings_in(tmp_path))
