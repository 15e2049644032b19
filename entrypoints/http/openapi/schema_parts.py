"""Small JSON Schemas, and how they are put together."""

from domain.errors import ChargeStatus
from entrypoints.wire.json_schema import Schema

PREFIX = "#/components/schemas/"
STRING: Schema = {"type": "string"}
URL: Schema = {"type": "string", "format": "uri"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
NON_NEGATIVE: Schema = {"type": "integer", "minimum": 0}
PERCENT: Schema = {"type": "integer", "minimum": 0, "maximum": 100}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": PREFIX + name}


def object_of(*required: str, **properties: Schema) -> Schema:
    """An object that has these properties, and perhaps others."""
    return {"type": "object", "required": list(required), "properties": properties}


def with_properties(schema: Schema, **properties: Schema) -> Schema:
    """An object that may have these properties too."""
    return {**schema, "properties": {**schema["properties"], **properties}}


ERROR_FIELDS: dict[str, Schema] = {
    "code": {**STRING, "pattern": "^[a-z_]+$", "description": "Stable; docs/errors.md has all."},
    "message": {**STRING, "description": "What happened, and why."},
    "hint": {**STRING, "description": "What to do next; may be empty."},
    "retryable": {"type": "boolean", "description": "Whether asking again may help."},
    "charged": {
        **STRING,
        "enum": [word.value for word in ChargeStatus],
        "description": "Whether the provider may ask money for it.",
    },
}
"""The fields of every error, in problem documents and in events."""
OPTIONAL_ERROR_FIELDS: dict[str, Schema] = {
    "field": {**STRING, "description": "The argument or parameter that is at fault."},
    "retry_after": {"type": "number", "description": "Seconds to wait before asking again."},
    "resets_at": {**STRING, "description": "When there is room in the budget again."},
    "incident": {**STRING, "description": "What to look for in the server's log."},
    "request_id": {**STRING, "description": "The provider's id of the request."},
}
"""The fields of some errors."""
