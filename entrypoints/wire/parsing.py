"""Checks arguments against their struct, with errors that a model can act on."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TypeVar

import msgspec

from domain.errors import InvalidRequest
from entrypoints.wire.json_schema import Schema, json_schema
from entrypoints.wire.unicode_text import is_unicode

A = TypeVar("A", bound=msgspec.Struct)
Arguments = Mapping[str, object]

FIELD = re.compile(r"^(?P<reason>.*?) - at `\$\.?(?P<field>.*)`$", re.DOTALL)
NAMED = re.compile(r"(missing required|contains unknown) field `(?P<field>[^`]*)`")
WRONG_TYPE = re.compile(r"Expected `([^`|]*)[^`]*`, got `")
WRONG_LENGTH = re.compile(r"Expected `(str|array)` of length (?P<bound>[<>]=) (?P<length>\d+)")
WRONG_NUMBER = re.compile(r"Expected `int` [<>]=")
WRONG_VALUE = re.compile(r"matching regex|[Ii]nvalid enum value")
TYPES = {
    "str": "a string",
    "int": "an integer",
    "bool": "true or false",
    "float": "a number",
    "array": "a list",
}
UNITS = {"str": "characters", "array": "entries"}


def parse(kind: type[A], arguments: Arguments) -> A:
    """Convert arguments to the struct `kind`; raise InvalidRequest for the first invalid one.

    Accepts what models often send: null for an omitted argument, and numbers as strings.
    """
    _require_unicode(arguments)
    present = {name: value for name, value in arguments.items() if value is not None}
    try:
        return msgspec.convert(present, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), kind, present) from error


def _require_unicode(arguments: Arguments) -> None:
    """Raise InvalidRequest for a lone surrogate, which UTF-8 cannot encode."""
    for name, value in arguments.items():
        if not all(map(is_unicode, _texts({name: value}))):
            field = name[:80] if is_unicode(name) else "arguments"
            raise InvalidRequest(
                f"{field} contains invalid Unicode (a lone surrogate).",
                field=field,
                hint="Remove the invalid characters.",
            )


def _texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, however deeply it is nested."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value


def _invalid(fault: str, kind: type[msgspec.Struct], present: Arguments) -> InvalidRequest:
    """The error for msgspec's message, with the field's choices or description as its hint."""
    properties = json_schema(kind)["properties"]
    if named := NAMED.search(fault):
        field = named["field"]
        if "missing" in fault:
            hint = properties[field]["description"]
            return InvalidRequest(f"{field} is required.", field=field, hint=hint)
        return _unknown(field, list(properties))
    match = FIELD.match(fault)
    field, reason = (match["field"], match["reason"]) if match else ("arguments", fault)
    name = re.split(r"[.\[]", field)[0]
    schema = properties.get(name, {})
    hint = f"Use one of: {', '.join(schema['enum'])}." if "enum" in schema else ""
    return InvalidRequest(
        _message(field, reason, schema, present.get(name)),
        field=field,
        hint=hint or schema.get("description", ""),
    )


def _message(field: str, reason: str, schema: Schema, value: object) -> str:
    if WRONG_VALUE.search(reason):
        return f"{str(value)[:80]!r} is not a valid {field}."
    if WRONG_NUMBER.search(reason):
        return f"{field} must be between {schema['minimum']} and {schema['maximum']}."
    if wrong := WRONG_LENGTH.search(reason):
        if wrong["bound"] == ">=":
            return f"{field} must not be empty."
        return f"{field} must have at most {int(wrong['length']):,} {UNITS[wrong[1]]}."
    if wrong := WRONG_TYPE.search(reason):
        return f"{field} must be {TYPES.get(wrong[1].strip(), wrong[1].strip())}."
    return f"{field} is not valid: {reason[:300]}."


def _unknown(field: str, known: list[str]) -> InvalidRequest:
    near = get_close_matches(field, known, n=1)
    hint = f"Valid arguments: {', '.join(known)}." if known else "This tool takes no arguments."
    return InvalidRequest(
        f"Unknown argument {field[:80]!r}.",
        field=field[:80],
        hint=f"Did you mean {near[0]}?" if near else hint,
    )
