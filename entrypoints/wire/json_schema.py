"""JSON Schemas of wire structs, in the plain form that models and MCP hosts understand."""

from collections.abc import Mapping
from typing import Any

import msgspec

Schema = dict[str, Any]


def json_schema(struct: type[msgspec.Struct]) -> Schema:
    """Return a schema without `$ref`, `$defs` and titles, in which every property has a type.

    What is always so takes no bytes: `required` is left out if nothing is.

    Some hosts do not follow references, and MCP requires `type: object` at the root.
    """
    schema = msgspec.json.schema(struct)
    flat: Schema = _inline(schema, schema["$defs"])
    return flat


def outline(node: Any, *, is_root: bool = True) -> Any:  # noqa: ANN401 - any JSON value
    """The schema without descriptions, and with `required` at its root only.

    Properties of these names are kept.
    """
    if isinstance(node, list):
        return [outline(item, is_root=False) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: outline(value, is_root=False)
        for name, value in node.items()
        if not (name == "description" and isinstance(value, str))
        and (is_root or name != "required" or not isinstance(value, list))
    }


def _inline(node: Any, definitions: Mapping[str, Schema]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _inline({**_without_description(target), **_without_ref(node)}, definitions)
    typed = {"type": "string", **node} if "enum" in node else node
    return {
        name: _inline(value, definitions)
        for name, value in typed.items()
        if name not in ("$defs", "title") and (name, value) != ("required", [])
    }


def _without_description(definition: Schema) -> Schema:
    return {name: value for name, value in definition.items() if name != "description"}


def _without_ref(node: Schema) -> Schema:
    return {name: value for name, value in node.items() if name != "$ref"}
