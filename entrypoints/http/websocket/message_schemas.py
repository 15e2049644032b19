"""JSON Schemas of the messages of the WebSocket for images."""

from typing import Any

import msgspec

from entrypoints.http.openapi.component_schemas import components
from entrypoints.http.openapi.schema_parts import (
    ERROR_FIELDS,
    NON_NEGATIVE,
    OPTIONAL_ERROR_FIELDS,
    PERCENT,
    PREFIX,
    STRING,
    object_of,
    ref,
)
from entrypoints.http.websocket.client_messages import Cancel, Edit, Generate, Ping, Watch
from entrypoints.wire.json_schema import Schema

CLIENT_MESSAGES = (Generate, Edit, Watch, Cancel, Ping)
ARGUMENTS = {"generate": "GenerateArguments", "edit": "EditArguments"}
ID: Schema = {**STRING, "description": "Of the client's message that this is about."}
CURSOR: Schema = {**STRING, "pattern": r"^\d+(\.\d+)?$", "description": "For `watch`."}
ABOUT_JOB: dict[str, Schema] = {"jobId": STRING, "cursor": CURSOR}
PROGRESS: dict[str, Schema] = {**ABOUT_JOB, "progress": PERCENT, "message": STRING}
IMAGE: dict[str, Schema] = {
    "bytes": {**NON_NEGATIVE, "description": "Of the binary frame that follows."},
    "imageIndex": {**NON_NEGATIVE, "description": "The number of the image, from 0."},
}
FORMAT: Schema = {**STRING, "enum": ["png", "jpeg", "webp", "avif"]}
BINARY: Schema = {**STRING, "format": "binary"}


def client_messages() -> dict[str, Schema]:
    """What clients send, by type."""
    _, schemas = msgspec.json.schema_components(CLIENT_MESSAGES, ref_template=PREFIX + "{name}")
    found: dict[str, Schema] = {}
    for schema in schemas.values():
        (kind,) = schema["properties"]["type"]["enum"]
        fields = schema["properties"] | {"type": {**STRING, "const": kind}}
        if kind in ARGUMENTS:
            fields["arguments"] = ref(ARGUMENTS[kind])
        found[kind] = {**schema, "properties": fields}
    return found


def server_messages() -> dict[str, Schema]:
    """What clients get in text frames, by type."""
    image = {**ABOUT_JOB, **IMAGE}
    error = {"id": {**ID, "type": ["string", "null"]}, **ERROR_FIELDS}
    partial_index = {"partialImageIndex": {**NON_NEGATIVE, "description": "Of its image, from 0."}}
    return {
        "progress": _message("progress", PROGRESS),
        "partial": _message("partial", {**PROGRESS, **IMAGE, **partial_index}, {"format": FORMAT}),
        "image": _message("image", {**image, "format": FORMAT}, {"imageId": STRING}),
        "complete": _message(
            "complete", {**PROGRESS, "result": ref("ImagesResult")}, {"revisedPrompt": STRING}
        ),
        "error": _message("error", error, {**ABOUT_JOB, **OPTIONAL_ERROR_FIELDS}),
        "pong": _message("pong", {}),
    }


def _message(
    kind: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None
) -> Schema:
    fields = {"type": {**STRING, "const": kind}, "id": ID, **required}
    return object_of(*fields, **fields, **(optional or {}))


def referenced(messages: dict[str, Schema]) -> dict[str, Schema]:
    """The named schemas that these messages refer to, and those that these refer to."""
    known, found = components(), dict[str, Schema]()
    waiting = [*_references(messages)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name]
            waiting += _references(known[name])
    return dict(sorted(found.items()))


def _references(node: Any) -> set[str]:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        return {name for each in node for name in _references(each)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].removeprefix(PREFIX)} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(_references, node.values()))
