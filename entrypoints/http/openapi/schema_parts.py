"""Small JSON Schemas, and functions that combine them."""

from domain.errors import ChargeStatus
from entrypoints.wire.json_schema import Schema

PREFIX = "#/components/schemas/"
STRING: Schema = {"type": "string"}
URL: Schema = {"type": "string", "format": "uri"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
BINARY: Schema = {"type": "string", "format": "binary"}
"""Bytes. OpenAPI 3.1 needs no schema for them, but generators of clients do."""
NON_NEGATIVE: Schema = {"type": "integer", "minimum": 0}
PERCENT: Schema = {"type": "integer", "minimum": 0, "maximum": 100}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": PREFIX + name}


def object_of(*required: str, **properties: Schema) -> Schema:
    """An object with these properties; others are allowed."""
    return {"type": "object", "required": list(required), "properties": properties}


def with_properties(schema: Schema, **properties: Schema) -> Schema:
    """The same object with these optional properties added."""
    return {**schema, "properties": {**schema["properties"], **properties}}


ERROR_FIELDS: dict[str, Schema] = {
    "code": {
        **STRING,
        "pattern": "^[a-z_]+$",
        "description": "Stable; docs/errors.md lists all codes.",
    },
    "message": {**STRING, "description": "What happened, and why."},
    "hint": {**STRING, "description": "What to do next; may be empty."},
    "retryable": {"type": "boolean", "description": "Whether a retry can help."},
    "charged": {
        **STRING,
        "enum": [word.value for word in ChargeStatus],
        "description": "Whether the provider may have charged for the request.",
    },
}
"""The fields of every error, in problem documents and in events."""
OPTIONAL_ERROR_FIELDS: dict[str, Schema] = {
    "field": {**STRING, "description": "The invalid argument or parameter, or the first of them."},
    "errors": {
        "type": "array",
        "description": "Everything that is wrong with the request.",
        "items": object_of(
            *("field", "message", "hint"),
            field=STRING,
            message=STRING,
            hint={**STRING, "description": "What to send instead; may be empty."},
        ),
    },
    "retry_after": {"type": "number", "description": "Seconds to wait before a retry."},
    "resets_at": {**STRING, "description": "When the request fits into the budget again."},
    "incident": {**STRING, "description": "The ID to search for in the server's log."},
    "request_id": {**STRING, "description": "The provider's ID of the request."},
}
"""The fields of some errors."""
