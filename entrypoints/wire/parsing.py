"""Reads arguments into their struct; tells everything that is wrong with them at once."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import msgspec

from domain.errors import InvalidRequest
from entrypoints.wire.argument_names import named_arguments, own_name
from entrypoints.wire.argument_shapes import without_wrapper
from entrypoints.wire.argument_specs import ArgumentSpec, argument_specs
from entrypoints.wire.argument_values import OMITTED, is_omitted, meant_value
from entrypoints.wire.inputs import EditArguments
from entrypoints.wire.json_schema import Schema
from entrypoints.wire.nearest_values import nearest_value
from entrypoints.wire.unicode_text import is_unicode

logger = logging.getLogger(__name__)
A = TypeVar("A", bound=msgspec.Struct)
Arguments = Mapping[str, object]

PLACE = re.compile(r" - at `\$.*`$", re.DOTALL)
WRONG_TYPE = re.compile(r"Expected `([^`|]*)[^`]*`, got `")
WRONG_LENGTH = re.compile(r"Expected `(str|array)` of length (?P<bound>[<>]=) (?P<length>\d+)")
WRONG_NUMBER = re.compile(r"Expected `int` [<>]=|out of range")
WRONG_VALUE = re.compile(r"matching regex|[Ii]nvalid enum value")
TYPES = {
    "str": "a string",
    "int": "an integer",
    "bool": "true or false",
    "float": "a number",
    "array": "a list",
}
UNITS = {"str": "characters", "array": "entries"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[A]):
    """Arguments in their own spelling, and everything that is wrong with them."""

    kind: type[A]
    values: Mapping[str, Any]
    faults: Sequence[InvalidRequest]

    def result(self) -> A:
        """The struct; raise one InvalidRequest that has all faults."""
        if self.faults:
            raise InvalidRequest.of(self.faults)
        return msgspec.convert(self.values, self.kind)


def parse(kind: type[A], arguments: Arguments) -> A:
    """Convert arguments to the struct `kind`; raise one InvalidRequest for all that is wrong."""
    return read(kind, arguments).result()


def read(kind: type[A], arguments: Arguments) -> Reading[A]:
    """Read the arguments of the struct `kind`.

    Takes what clients are known to mean: other spellings of names and values, and null for an
    omitted argument. Passes over what hosts add, and every argument of a struct without any.
    """
    specs = argument_specs(kind)
    named = named_arguments(specs, without_wrapper(arguments))
    if named.passed_over:
        logger.debug("arguments passed over: %s", ", ".join(map(ascii, named.passed_over))[:500])
    faults, values = named.faults, {}
    for name, spec in specs.items():
        value = _one_value(spec, named.values.get(name, []), faults)
        if value is not OMITTED:
            values[name] = value
    return Reading(kind=kind, values=values, faults=faults)


def has_images(arguments: Arguments) -> bool:
    """Whether these are the arguments of edit_image: they have images, under whatever name."""
    spec = replace(argument_specs(EditArguments)["images"], required=False)
    inner = without_wrapper(arguments)
    given = (value for name, value in inner.items() if own_name({"images": spec}, name))
    return not all(is_omitted(spec, value) for value in given)


def _one_value(
    spec: ArgumentSpec, given: list[tuple[str, object]], faults: list[InvalidRequest]
) -> Any:  # noqa: ANN401 - any JSON value, or OMITTED
    """The checked value of an argument, or OMITTED; what is wrong with it is added to `faults`."""
    texts = [value for _, value in given]
    if not all(map(is_unicode, _texts(texts))):
        faults.append(_not_unicode(spec.name))
        return OMITTED
    meant = [(name, meant_value(spec, value)) for name, value in given]
    present = [(name, value) for name, value in meant if value is not OMITTED]
    if any(value != present[0][1] for _, value in present[1:]):
        faults.append(_contradiction(spec.name, [name for name, _ in present]))
        return OMITTED
    if not present:
        if spec.required:
            hint = _described(spec.schema)
            faults.append(InvalidRequest(f"{spec.name} is required.", field=spec.name, hint=hint))
        return OMITTED
    value = present[0][1]
    faults += _faults(spec, value)
    return value


def _faults(spec: ArgumentSpec, value: Any) -> list[InvalidRequest]:  # noqa: ANN401 - any JSON value
    """What is wrong with a value: with the list itself, or else with each of its entries."""
    is_list = spec.schema.get("type") == "array" and isinstance(value, list)
    if not is_list or not value or len(value) > spec.schema.get("maxItems", len(value)):
        reason = _refusal(spec, value)
        return [_fault(spec, spec.name, reason, value)] if reason else []
    reasons = ((at, entry, _refusal(spec, [entry])) for at, entry in enumerate(value))
    return [
        _fault(spec, f"{spec.name}[{at}]", reason, entry) for at, entry, reason in reasons if reason
    ]


def _refusal(spec: ArgumentSpec, value: object) -> str:
    """Why msgspec refuses a value, without the place in it; empty if it does not."""
    try:
        msgspec.convert(value, spec.type)
    except msgspec.ValidationError as error:
        return PLACE.sub("", str(error))
    return ""


def _fault(spec: ArgumentSpec, field: str, reason: str, value: object) -> InvalidRequest:
    """The error for msgspec's reason; its hint has the nearest value and the valid ones."""
    choices = f"Use one of: {', '.join(spec.choices)}." if spec.choices else ""
    is_entry = field != spec.name
    usual = choices or _described(spec.schema["items"] if is_entry else spec.schema)
    nearest = nearest_value(spec, value)
    hint = f"Did you mean {nearest}? {usual}" if nearest else usual
    return InvalidRequest(_message(field, reason, spec, value), field=field, hint=hint)


def _message(field: str, reason: str, spec: ArgumentSpec, value: object) -> str:
    if WRONG_VALUE.search(reason):
        return f"{str(value)[:80]!r} is not a valid {field}."
    if WRONG_NUMBER.search(reason):
        least, most = spec.schema["minimum"], spec.schema.get("maximum")
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        return f"{field} must be {bounds}."
    if wrong := WRONG_LENGTH.search(reason):
        if wrong["bound"] == ">=":
            return f"{field} must not be empty."
        return f"{field} must have at most {int(wrong['length']):,} {UNITS[wrong[1]]}."
    if wrong := WRONG_TYPE.search(reason):
        return f"{field} must be {TYPES.get(wrong[1].strip(), wrong[1].strip())}."
    return f"{field} is not valid: {reason[:300]}."


def _contradiction(name: str, given: Sequence[str]) -> InvalidRequest:
    names = " and ".join(repr(each[:80]) for each in given[:4])
    return InvalidRequest(
        f"{names} are the same argument, with different values.",
        field=name,
        hint=f"Send {name} only.",
    )


def _not_unicode(name: str) -> InvalidRequest:
    return InvalidRequest(
        f"{name} contains invalid Unicode (a lone surrogate).",
        field=name,
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


def _described(schema: Schema) -> str:
    """The description of an argument, which leaves out the bounds of a number."""
    text = str(schema["description"])
    bounds = [f"{schema[bound]:,}" for bound in ("minimum", "maximum") if bound in schema]
    return text if len(bounds) < 2 else f"{text} {' to '.join(bounds)}."
