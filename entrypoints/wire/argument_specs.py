"""What the server knows about each argument of a struct: its schema, and what its text means."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from entrypoints.wire.json_schema import Schema, json_schema

SIZE, IMAGE, DELIVERY = {"means": "size"}, {"means": "image"}, {"means": "delivery"}
"""Values of `Meta.extra`, for texts that have more spellings than the schema shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentSpec:
    """One argument. `type` is what msgspec converts to; `means` is "" or that of `extra`."""

    name: str
    type: Any
    schema: Schema
    required: bool
    means: str = ""

    @property
    def choices(self) -> list[str]:
        """The values of an enumeration; empty for any other argument."""
        choices: list[str] = self.schema.get("enum", [])
        return choices

    @property
    def zero_means_omitted(self) -> bool:
        """Whether 0 turns the option off: it has no default, and its least value is 1."""
        return (
            self.schema.get("minimum") == 1 and not self.required and "default" not in self.schema
        )


@cache
def argument_specs(kind: type[msgspec.Struct]) -> Mapping[str, ArgumentSpec]:
    """All arguments of a struct, by the names that clients use."""
    properties = json_schema(kind)["properties"]
    inspected = msgspec.inspect.type_info(kind)
    assert isinstance(inspected, msgspec.inspect.StructType)
    meanings = {field.encode_name: _meaning(field.type) for field in inspected.fields}
    return {
        field.encode_name: ArgumentSpec(
            name=field.encode_name,
            type=field.type,
            schema=properties[field.encode_name],
            required=field.required,
            means=meanings[field.encode_name],
        )
        for field in msgspec.structs.fields(kind)
    }


def _meaning(type_: msgspec.inspect.Type) -> str:
    """The meaning of a text, or of the entries of a list."""
    if isinstance(type_, msgspec.inspect.Metadata):
        extra = type_.extra or {}
        return str(extra.get("means", "")) or _meaning(type_.type)
    return _meaning(type_.item_type) if isinstance(type_, msgspec.inspect.ListType) else ""
