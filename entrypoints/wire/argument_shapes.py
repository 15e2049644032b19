"""What clients wrap around arguments and their values: taken off where one meaning is left."""

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from entrypoints.wire.argument_names import ADDED_BY_HOSTS, squeezed

WRAPPERS = frozenset(
    {
        *("input", "inputs", "toolinput", "payload", "body", "data", "request"),
        *("arguments", "args", "kwargs", "params", "parameters"),
    }
)
"""Squeezed names of an object that has all arguments, as some agents send it."""
MEMBERS = frozenset({"value", "text"})
"""The member that has the value, in an object that has nothing else but perhaps its type."""
MAX_DEPTH = 4


def without_wrapper(given: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments within the only argument, if that is a wrapper; else these arguments."""
    for _ in range(MAX_DEPTH):
        asking = [name for name, value in given.items() if not _is_added(name, value)]
        if len(asking) != 1 or squeezed(asking[0]) not in WRAPPERS:
            break
        inner = _as_object(given[asking[0]])
        if inner is None:
            break
        given = {**{name: given[name] for name in given if name not in asking}, **inner}
    return given


def bare_value(name: str, value: object) -> object:
    """The value in a list of one, or in an object that has nothing else; else the value itself.

    `name` is the argument's, which may be the object's member, too.
    """
    for _ in range(MAX_DEPTH):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, Mapping) and len(members := value.keys() - {"type"}) == 1:
            [member] = members
            if member not in MEMBERS and member != name:
                break
            value = value[member]
        else:
            break
    return value


def _is_added(name: str, value: object) -> bool:
    return value is None or name.startswith("_") or squeezed(name) in ADDED_BY_HOSTS


def _as_object(value: object) -> Mapping[str, object] | None:
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        with suppress(msgspec.DecodeError):
            value = msgspec.json.decode(value)
    return value if isinstance(value, Mapping) else None
