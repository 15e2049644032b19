"""The models of a provider, for people and for programs."""

from datetime import UTC, datetime

from rich.table import Table

from domain.models import Catalog, ModelCard
from domain.requests import Quality


def catalog_entries(catalog: Catalog) -> list[dict[str, object]]:
    """What each model can do, as JSON values; `default` marks the one used if none is named."""
    return [
        {
            "name": card.name,
            "default": card.name == catalog.default,
            "snapshots": list(card.also),
            "sizes": str(card.sizes),
            "qualities": _qualities(card),
            "transparent": card.transparent,
            "partialImages": card.streams,
            "shutdown": card.shutdown and card.shutdown.isoformat(),
            "successor": card.successor,
            "usdPerMillionTokens": card.price
            and {
                "textIn": float(card.price.text_in),
                "imageIn": float(card.price.image_in),
                "out": float(card.price.out),
                "asOf": card.price.as_of.isoformat(),
            },
        }
        for card in catalog.cards
    ]


def catalog_table(catalog: Catalog) -> Table:
    """The same as a table for a terminal."""
    table = Table("model", "qualities", "sizes", "until", "$ per 1M tokens (text in/image in/out)")
    for card in catalog.cards:
        name = f"{card.name} (default)" if card.name == catalog.default else card.name
        table.add_row(
            name,
            " ".join(_qualities(card)),
            f"any up to {card.sizes.max_long_side}x{card.sizes.max_short_side}"
            if card.sizes.max_pixels
            else str(card.sizes),
            _until(card),
            f"{card.price.text_in}/{card.price.image_in}/{card.price.out}" if card.price else "-",
        )
    return table


def _qualities(card: ModelCard) -> list[str]:
    return [quality.value for quality in Quality if quality in card.qualities]


def _until(card: ModelCard) -> str:
    if card.shutdown is None:
        return "-"
    gone = card.retired(datetime.now(UTC).date())
    return f"{card.shutdown}{' (gone)' if gone else ''} → {card.successor}"
