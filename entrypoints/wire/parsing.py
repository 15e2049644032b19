"""Checks arguments against their struct, with errors that a model can act on."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

import msgspec

from domain.errors import InvalidRequest
from entrypoints.wire.json_schema import json_schema

A = TypeVar("A", bound=msgspec.Struct)

FIELD = re.compile(r"^(?P<reason>.*?) - at `\$\.?(?P<field>.*)`$", re.DOTALL)
NAMED = re.compile(r"(missing required|contains unknown) field `(?P<field>[^`]*)`")
REASONS = (
    (r"`(?:str|array)` of length >= 1$", "is empty"),
    (r"`str` of length <= (\d+)", r"has more than \1 characters"),
    (r"`array` of length <= (\d+)", r"has more than \1 entries"),
    (r"`int` <= (\d+)", r"is over \1"),
    (r"`int` >= (\d+)", r"is under \1"),
    (r"matching regex", "is not of the right form"),
    (r"[Ii]nvalid enum value (.{1,80})", r"cannot be \1"),
    (r"Expected `([^`]*)`, got `(\w+)`", r"must be of type \1, not \2"),
)
"""msgspec's messages, and what users read instead."""
JSON_TYPES = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
PYTHON_TYPE = re.compile(r"\b(str|int|bool|float)\b")


def parse(kind: type[A], arguments: Mapping[str, object]) -> A:
    """Convert arguments to the struct `kind`; raise InvalidRequest for the first invalid one.

    Accepts what models often send: null for an omitted argument, and numbers as strings.
    """
    present = {name: value for name, value in arguments.items() if value is not None}
    try:
        return msgspec.convert(present, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(str(error), kind) from error


def _explained(fault: str, kind: type[msgspec.Struct]) -> InvalidRequest:
    properties = json_schema(kind)["properties"]
    if named := NAMED.search(fault):
        field = named["field"]
        if "missing" in fault:
            hint = properties[field]["description"]
            return InvalidRequest(f"{field} is missing.", field=field, hint=hint)
        return _unknown(field, list(properties))
    place = FIELD.match(fault)
    field, reason = (place["field"], place["reason"]) if place else ("arguments", fault)
    schema = properties.get(re.split(r"[.\[]", field)[0], {})
    wanted = "Use one of: " + ", ".join(schema["enum"]) + "." if "enum" in schema else ""
    return InvalidRequest(
        f"{field} {_in_words(reason)}.", field=field, hint=wanted or schema.get("description", "")
    )


def _in_words(reason: str) -> str:
    for pattern, words in REASONS:
        if found := re.search(pattern, reason):
            return PYTHON_TYPE.sub(lambda name: JSON_TYPES[name[0]], found.expand(words))
    return f"cannot be used: {reason[:300]}"


def _unknown(field: str, known: list[str]) -> InvalidRequest:
    near = get_close_matches(field, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known) or 'none'}."
    return InvalidRequest(f"There is no argument {field[:80]!r}.", field=field[:80], hint=hint)
