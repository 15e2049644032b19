"""JSON Schemas of server-sent events, as components of the OpenAPI document.

The schema of a `text/event-stream` is that of each event, as an object of its fields.
"""

from entrypoints.http.event_json import EVENT_NAMES
from entrypoints.http.openapi.schema_parts import (
    BASE64,
    FAULT,
    MORE_OF_FAULTS,
    PERCENT,
    STRING,
    WHOLE,
    an_object,
    ref,
)
from entrypoints.wire.json_schema import Schema

TOLD: dict[str, Schema] = {"progress": PERCENT, "message": STRING, "jobId": STRING}
PARTIAL: dict[str, Schema] = {
    "partialImage": {**BASE64, "description": "A preview that the provider painted."},
    "partialImageIndex": {**WHOLE, "description": "Which preview of its picture, from 0."},
    "picture": {**WHOLE, "description": "Which picture it is of, from 0."},
}
COMPLETE: dict[str, Schema] = {
    "finalImage": {**BASE64, "description": "The first picture."},
    "images": {"type": "array", "items": BASE64, "description": "All, where there are several."},
    "revisedPrompt": STRING,
    "result": ref("ImagesResult"),
}


def _frame(kind: str, required: tuple[str, ...], data: dict[str, Schema]) -> Schema:
    return {
        "title": f"{kind.capitalize()}Frame",
        **an_object(
            "type",
            "data",
            type={**STRING, "const": kind},
            data=an_object(*TOLD, *required, **TOLD, **data),
        ),
    }


def _event(data: Schema, **fields: Schema) -> Schema:
    encoded = {**STRING, "contentMediaType": "application/json", "contentSchema": data}
    return an_object("data", *fields, data=encoded, **fields)


ERROR = an_object(
    *("type", "error", *FAULT),
    type={**STRING, "const": "error"},
    error={**STRING, "description": "The same as `message`."},
    **FAULT,
    **MORE_OF_FAULTS,
)
EVENTS: dict[str, Schema] = {
    "StreamEvent": {
        "title": "StreamEvent",
        "description": "An event of /mcp/stream: nothing but data.",
        **_event(ref("Frame")),
    },
    "Frame": {
        "description": "The JSON of one event.",
        "oneOf": [ref(f"{kind}Frame") for kind in ("Progress", "Partial", "Complete", "Error")],
    },
    "ProgressFrame": _frame("progress", (), {}),
    "PartialFrame": _frame("partial", tuple(PARTIAL), PARTIAL),
    "CompleteFrame": _frame("complete", ("finalImage", "result"), COMPLETE),
    "ErrorFrame": {"title": "ErrorFrame", **ERROR},
    "JobEvent": {
        "title": "JobEvent",
        "description": "An event of a job: its number, its name and what is told.",
        **_event(
            ref("JobNews"),
            id={**STRING, "pattern": "^[0-9]+$"},
            event={**STRING, "enum": [*EVENT_NAMES.values()]},
        ),
    },
    "JobNews": {
        "title": "JobNews",
        "description": "`partial` has a picture, `finished` a result; `failed` has the members of "
        "a problem, but no progress.",
        **an_object(
            *("jobId", "message"),
            **TOLD,
            **PARTIAL,
            result=ref("ImagesResult"),
            **{name: schema for name, schema in FAULT.items() if name != "message"},
            **MORE_OF_FAULTS,
        ),
    },
}
