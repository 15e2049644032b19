"""The data of the models: models.toml beside this file, and a file of the operator over it."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from domain.provider_errors import InvalidSettings

Table = Mapping[str, Any]
TABLES = ("sizes", "prices", "image_prices", "tokens", "mainline")
"""Tables whose entries replace those of the same name."""
NAMED_TABLES = {
    "sizes": "sizes",
    "price": "prices",
    "image_price": "image_prices",
    "tokens": "tokens",
}
"""The table that each key of a model names."""
Count = Annotated[int, Meta(ge=0)]
Price = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]
Size = Annotated[str, Meta(pattern="^[1-9][0-9]{1,4}x[1-9][0-9]{1,4}$")]
QualityName = Literal["low", "medium", "high", "xhigh", "max", "auto"]
HINT = "Correct it, or unset MODELS_FILE. docs/models.md has an example."


class _Sizes(Struct, forbid_unknown_fields=True, kw_only=True):
    listed: Annotated[list[Size], Meta(min_length=1)]
    multiple_of: Annotated[int, Meta(ge=1)] = 1
    max_ratio: Annotated[float, Meta(ge=0)] = 0
    max_long_side: Count = 0
    max_short_side: Count = 0
    min_pixels: Count = 0
    max_pixels: Count = 0


class _Prices(Struct, forbid_unknown_fields=True, kw_only=True):
    text_in: Price
    image_in: Price
    out: Price
    as_of: date
    cached_text_in: Price | None = None
    cached_image_in: Price | None = None


class _ImagePrices(Struct, forbid_unknown_fields=True, kw_only=True):
    per_image: Price
    as_of: date
    by_size: dict[Size, Price] = {}
    per_input_image: Price = "0"


class _Tokens(Struct, forbid_unknown_fields=True, kw_only=True):
    base_tokens: dict[QualityName, Count]
    pixel_offset: Count
    per_partial: Count
    per_input_image: Count
    per_prompt: Count
    as_of: date


class _Mainline(Struct, forbid_unknown_fields=True, kw_only=True):
    tokens_in: Price
    tokens_out: Price
    as_of: date
    cached_in: Price | None = None
    written_in: Price | None = None
    long_context: Count | None = None


class _Model(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    sizes: str
    qualities: Annotated[list[QualityName], Meta(min_length=1)]
    aliases: list[str] = []
    price: str | None = None
    image_price: str | None = None
    tokens: str | None = None
    transparent: bool = True
    streams: bool = True
    streams_several: bool = False
    max_images: Annotated[int, Meta(ge=1)] = 1
    max_input_images: Count = 0
    retirement_date: date | None = None
    successor: str | None = None


class _ModelsFile(Struct, forbid_unknown_fields=True, kw_only=True):
    default: str | None = None
    sizes: dict[str, _Sizes] = {}
    prices: dict[str, _Prices] = {}
    image_prices: dict[str, _ImagePrices] = {}
    tokens: dict[str, _Tokens] = {}
    mainline: dict[str, _Mainline] = {}
    models: list[_Model] = []


def models_table(file: Path | None = None) -> Table:
    """The tables of models.toml, with those of `file` in place of equally named ones.

    Models of `file` come first. Raises InvalidSettings, which names the file, the table and the
    key, for a file that cannot be read or has anything else than models.toml may have.
    """
    text = files("adapters.openai").joinpath("models.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)
    if file is None:
        return own
    theirs = _read(file)
    named = {model["name"] for model in theirs.get("models", ())}
    merged = {
        **{name: {**own.get(name, {}), **theirs.get(name, {})} for name in TABLES},
        "default": theirs.get("default", own["default"]),
        "models": [
            *theirs.get("models", ()),
            *(model for model in own["models"] if model["name"] not in named),
        ],
    }
    for fault in _dangling(merged):
        raise _fault(file, fault)
    return merged


def _read(file: Path) -> Table:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        msgspec.convert(table, _ModelsFile)
    except OSError as error:
        raise _fault(file, error.strerror or type(error).__name__) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _fault(file, str(error)) from error
    return table


def _dangling(table: Table) -> Iterator[str]:
    """What models name that the tables do not have."""
    for model in table["models"]:
        for key, name in NAMED_TABLES.items():
            if key in model and model[key] not in table[name]:
                yield f"model {model['name']}: {key} = {model[key]!r} has no table [{name}.…]"
        if "price" in model and "image_price" in model:
            yield f"model {model['name']}: it has a price and an image_price; leave one out"
        if "tokens" in model:
            counts = table["tokens"][model["tokens"]]["base_tokens"]
            for quality in model["qualities"]:
                if quality not in counts:
                    yield f"[tokens.{model['tokens']}]: base_tokens has no {quality}"


def _fault(file: Path, reason: str) -> InvalidSettings:
    return InvalidSettings(f"MODELS_FILE: {file}: {reason}.", hint=HINT)
