"""JSON Schemas that models and hosts can read, from the structs of the wire."""

from collections.abc import Mapping
from typing import Any

import msgspec

Schema = dict[str, Any]


def json_schema(struct: type[msgspec.Struct]) -> Schema:
    """A schema without `$ref`, `$defs` and titles, in which every property has a type.

    Some hosts follow no references, and MCP wants `type: object` at the root.
    """
    schema = msgspec.json.schema(struct)
    flat: Schema = _flat(schema, schema["$defs"])
    return flat


def _flat(node: Any, definitions: Mapping[str, Schema]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        return [_flat(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _flat({**_undescribed(target), **_without_ref(node)}, definitions)
    typed = {"type": "string", **node} if "enum" in node else node
    return {
        name: _flat(value, definitions)
        for name, value in typed.items()
        if name not in ("$defs", "title")
    }


def _undescribed(definition: Schema) -> Schema:
    return {name: value for name, value in definition.items() if name != "description"}


def _without_ref(node: Schema) -> Schema:
    return {name: value for name, value in node.items() if name != "$ref"}
