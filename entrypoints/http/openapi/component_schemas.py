"""The named JSON Schemas of the OpenAPI document: what goes over HTTP.

The schema of a `text/event-stream` is that of each event, as an object of its fields.
"""

import msgspec

from entrypoints.http.event_json import EVENT_NAMES
from entrypoints.http.openai_api.schemas import OPENAI_SCHEMAS
from entrypoints.http.openapi.schema_parts import (
    BASE64,
    ERROR_FIELDS,
    NON_NEGATIVE,
    OPTIONAL_ERROR_FIELDS,
    PERCENT,
    PREFIX,
    STRING,
    URL,
    object_of,
    ref,
    with_properties,
)
from entrypoints.http.security.request_checks import NOT_JSON
from entrypoints.wire.conversation_results import (
    ClearConversationResult,
    ConversationResult,
    ListConversationsResult,
)
from entrypoints.wire.inputs import EditArguments, GenerateArguments
from entrypoints.wire.json_schema import Schema, json_schema
from entrypoints.wire.mask_results import MaskResult
from entrypoints.wire.model_results import ModelsResult
from entrypoints.wire.outputs import (
    DeleteImageResult,
    ImagesResult,
    ListedJob,
    ListImagesResult,
    ListJobsResult,
    UploadsResult,
)
from entrypoints.wire.preset_results import PresetFacts, PresetsResult, StylesResult
from entrypoints.wire.recipes import RecipeResult
from entrypoints.wire.trash_results import RestoreResult
from entrypoints.wire.usage_analysis import UsageAnalysisResult
from entrypoints.wire.usage_results import UsageResult

RESULTS = [
    ImagesResult,
    ListImagesResult,
    UploadsResult,
    MaskResult,
    ListJobsResult,
    ListedJob,
    DeleteImageResult,
    RecipeResult,
    RestoreResult,
    ModelsResult,
    UsageResult,
    UsageAnalysisResult,
    PresetsResult,
    PresetFacts,
    StylesResult,
    ListConversationsResult,
    ConversationResult,
    ClearConversationResult,
]
PROBLEM: Schema = {
    "title": "Problem",
    "description": "What went wrong, why, and what to do next (RFC 9457).",
    **object_of(
        *("type", "title", "status", "detail", *ERROR_FIELDS),
        type={**STRING, "format": "uri"},
        title=STRING,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail={**STRING, "description": "The same as `message`."},
        **ERROR_FIELDS,
        **OPTIONAL_ERROR_FIELDS,
        provider_status={"type": "integer", "description": "The provider's HTTP status."},
    ),
    "examples": [msgspec.json.decode(NOT_JSON.body())],
}
JSON_RPC: Schema = {
    "title": "JSONRPCMessage",
    "description": "A message of the Model Context Protocol, in the negotiated version.",
    **object_of(
        "jsonrpc",
        jsonrpc={**STRING, "const": "2.0"},
        id={"type": ["string", "integer", "null"]},
        method=STRING,
        params={"type": "object"},
        result={"type": "object"},
        error={"type": "object"},
    ),
}
PROGRESS_FIELDS: dict[str, Schema] = {"progress": PERCENT, "message": STRING, "jobId": STRING}
PARTIAL: dict[str, Schema] = {
    "partialImage": {**BASE64, "description": "A preview that the provider sent."},
    "partialImageIndex": {
        **NON_NEGATIVE,
        "description": "The number of the preview of its image, from 0.",
    },
    "picture": {**NON_NEGATIVE, "description": "The number of the image, from 0."},
}
COMPLETE: dict[str, Schema] = {
    "finalImage": {**BASE64, "description": "The first image."},
    "images": {
        "type": "array",
        "items": BASE64,
        "description": "All images, if there are several.",
    },
    "revisedPrompt": STRING,
    "result": ref("ImagesResult"),
}


def _frame(kind: str, required: tuple[str, ...], data: dict[str, Schema]) -> Schema:
    return {
        "title": f"{kind.capitalize()}Frame",
        **object_of(
            "type",
            "data",
            type={**STRING, "const": kind},
            data=object_of(*PROGRESS_FIELDS, *required, **PROGRESS_FIELDS, **data),
        ),
    }


def _event(data: Schema, **fields: Schema) -> Schema:
    encoded = {**STRING, "contentMediaType": "application/json", "contentSchema": data}
    return object_of("data", *fields, data=encoded, **fields)


ERROR = object_of(
    *("type", "error", *ERROR_FIELDS),
    type={**STRING, "const": "error"},
    error={**STRING, "description": "The same as `message`."},
    **ERROR_FIELDS,
    **OPTIONAL_ERROR_FIELDS,
)
EVENTS: dict[str, Schema] = {
    "StreamEvent": {
        "title": "StreamEvent",
        "description": "An event of /mcp/stream; it has only data.",
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
        "description": "An event of a job: its number, its name and its data.",
        **_event(
            ref("JobEventData"),
            id={**STRING, "pattern": "^[0-9]+$"},
            event={**STRING, "enum": [*EVENT_NAMES.values()]},
        ),
    },
    "JobEventData": {
        "title": "JobEventData",
        "description": "`partial` has an image, `finished` a result. `failed` has the fields of a "
        "problem document, and no progress.",
        **object_of(
            *("jobId", "message"),
            **PROGRESS_FIELDS,
            **PARTIAL,
            result=ref("ImagesResult"),
            **{name: schema for name, schema in ERROR_FIELDS.items() if name != "message"},
            **OPTIONAL_ERROR_FIELDS,
        ),
    },
}


def components() -> dict[str, Schema]:
    """All of them, by name."""
    _, results = msgspec.json.schema_components(RESULTS, ref_template=PREFIX + "{name}")
    image, rendition = results.pop("ImageEntry"), results.pop("RenditionEntry")
    listed, job = results.pop("ListedImage"), results.pop("ListedJob")
    return {
        "GenerateArguments": json_schema(GenerateArguments),
        "EditArguments": json_schema(EditArguments),
        **results,
        "ImageEntry": with_properties(
            image,
            url={**URL, "description": "Over HTTP only."},
            previewUrl=URL,
            thumbUrl=URL,
            data={
                **BASE64,
                "description": "With inline=true, or if the image could not be stored.",
            },
        ),
        "RenditionEntry": with_properties(rendition, url=URL),
        "ListedImage": with_properties(listed, url=URL, previewUrl=URL, thumbUrl=URL),
        "ListedJob": with_properties(
            job, eventsUrl={**URL, "description": "Follow it there, while it is unfinished."}
        ),
        "Problem": PROBLEM,
        **EVENTS,
        **OPENAI_SCHEMAS,
        "JSONRPCMessage": JSON_RPC,
    }
