"""The models of a provider as a table."""

from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.use_cases.list_models import ModelListing
from domain.models import ModelCard, ModelSelection
from domain.money.mainline_pricing import TwoModelPricing
from domain.money.prices import FreePricing, ImagePricing, Pricing, TokenPricing
from domain.money.thought_pricing import ThoughtPricing
from domain.requests import Quality
from entrypoints.wire.model_results import quality_names

RETIRED = "retired "
NARROW = 80
"""Columns below which the table has the names and the dates of retirement only."""
MANY = 1_000
"""Columns that every table fits into."""


def catalog_text(listing: ModelListing, console: Console | None = None) -> str:
    """The models as a table, as wide as the console or terminal."""
    console = console or Console()
    narrow = console.width < NARROW
    caption = f"{_default_text(listing.default)}; every model also accepts quality auto"
    with console.capture() as captured:
        table = catalog_table(listing, narrow=narrow)
        unlimited = console.options.update(width=MANY)
        if console.measure(table, options=unlimited).maximum > console.width:
            table = catalog_table(listing, narrow=narrow, tight=True)
        console.print(table)
        console.print(Text(caption))
        if not narrow:
            console.print("$ per million tokens: text in / image in / image out")
            for line in _language_models(listing):
                console.print(Text(line))
        for note in listing.catalog.upcoming_retirements(listing.today):
            console.print(Text(note))
    return captured.get().rstrip("\n")


def _language_models(listing: ModelListing) -> list[str]:
    """A line for each language model that calls image models, with its prices."""
    lines = []
    for card in (offered.card for offered in listing.catalog.models):
        if not isinstance(card.pricing, TwoModelPricing):
            continue
        rates, name = card.pricing.mainline, card.pricing.mainline_model
        price = f"{rates.tokens_in}/{rates.tokens_out}" if rates else "unknown"
        lines.append(f"with the language model {name}, $ in / out: {price}")
    return list(dict.fromkeys(lines))


def catalog_table(listing: ModelListing, *, narrow: bool = False, tight: bool = False) -> Table:
    """The same as a table for a terminal; a narrow one gets the names and the dates only.

    A tight one has dates without words. What is still too wide breaks its names, never a price.
    """
    headings = ("model", "retires", "quality", "largest", "$")
    default = listing.default.card
    table = Table(box=SIMPLE_HEAD, padding=0 if narrow else (0, 1), pad_edge=False)
    table.collapse_padding = tight
    for heading in headings[:2] if narrow else headings:
        table.add_column(heading, no_wrap=heading != "model", overflow="fold")
    previous = None
    for offered in listing.catalog.models:
        if previous not in (None, offered.provider):
            table.add_section()
        previous, card = offered.provider, offered.card
        name = f"{offered.name} *" if card is default else offered.name
        retires = _retires(card, listing.today)
        retires = retires.removeprefix(RETIRED) if narrow or tight else retires
        table.add_row(name, retires, *([] if narrow else _abilities(card)))
    return table


def _abilities(card: ModelCard) -> list[str]:
    longest = f"{card.sizes.max_long_side}x{card.sizes.max_short_side}"
    largest = longest if card.sizes.max_pixels else str(max(card.sizes.listed))
    return [_shortest(quality_names(card)), largest, _price_text(card.pricing)]


def _default_text(default: ModelSelection) -> str:
    """The caption: what the asterisk means, or the default model's name if no row has it."""
    if not default.card.is_known:
        return f"default model: {default.model}, of unknown abilities"
    return "* default model" + (f": {default.model}" if default.model != default.card.name else "")


def _price_text(pricing: Pricing | None) -> str:
    match pricing:
        case FreePricing():
            return "0/0/0"
        case TokenPricing():
            return f"{pricing.text_in}/{pricing.image_in}/{pricing.out}"
        case ImagePricing():
            return f"{pricing.per_image} each"
        case ThoughtPricing():
            return f"{pricing.text_in}/{pricing.image_in}/{pricing.image_out}"
        case TwoModelPricing():
            return _price_text(pricing.image)
        case _:
            return "-"


def _shortest(qualities: list[str]) -> str:
    steps = [quality for quality in qualities if quality != Quality.AUTO]
    return f"{steps[0]}-{steps[-1]}" if steps else "auto"


def _retires(card: ModelCard, today: date) -> str:
    if card.retirement_date is None:
        return "-"
    return f"{RETIRED if card.is_retired(today) else ''}{card.retirement_date}"
