"""JSON Schemas of what goes over HTTP, as components of the OpenAPI document."""

import msgspec

from entrypoints.http.openapi.event_schemas import EVENTS
from entrypoints.http.openapi.schema_parts import (
    BASE64,
    FAULT,
    LINK,
    MORE_OF_FAULTS,
    PREFIX,
    STRING,
    an_object,
    extended,
)
from entrypoints.http.security.request_checks import NOT_JSON
from entrypoints.wire.inputs import EditArguments, GenerateArguments
from entrypoints.wire.json_schema import Schema, json_schema
from entrypoints.wire.outputs import (
    DeleteImageResult,
    ImagesResult,
    ListedJob,
    ListImagesResult,
)

RESULTS = [ImagesResult, ListImagesResult, ListedJob, DeleteImageResult]
PROBLEM: Schema = {
    "title": "Problem",
    "description": "What went wrong, why, and what to do next (RFC 9457).",
    **an_object(
        *("type", "title", "status", "detail", *FAULT),
        type={**STRING, "format": "uri"},
        title=STRING,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail={**STRING, "description": "The same as `message`."},
        **FAULT,
        **MORE_OF_FAULTS,
        provider_status={"type": "integer", "description": "The provider's status."},
    ),
    "examples": [msgspec.json.decode(NOT_JSON.body())],
}
JSON_RPC: Schema = {
    "title": "JSONRPCMessage",
    "description": "As the Model Context Protocol has it, in the version that was agreed upon.",
    **an_object(
        "jsonrpc",
        jsonrpc={**STRING, "const": "2.0"},
        id={"type": ["string", "integer", "null"]},
        method=STRING,
        params={"type": "object"},
        result={"type": "object"},
        error={"type": "object"},
    ),
}


def components() -> dict[str, Schema]:
    """All of them, by name."""
    _, results = msgspec.json.schema_components(RESULTS, ref_template=PREFIX + "{name}")
    picture, rendition = results.pop("ImageEntry"), results.pop("RenditionEntry")
    listed = results.pop("ListedImage")
    return {
        "GenerateArguments": json_schema(GenerateArguments),
        "EditArguments": json_schema(EditArguments),
        **results,
        "ImageEntry": extended(
            picture,
            url={**LINK, "description": "Where it is, over HTTP only."},
            previewUrl=LINK,
            thumbUrl=LINK,
            data={**BASE64, "description": "With inline=true, or if it could not be stored."},
        ),
        "RenditionEntry": extended(rendition, url=LINK),
        "ListedImage": extended(listed, url=LINK, previewUrl=LINK, thumbUrl=LINK),
        "Problem": PROBLEM,
        **EVENTS,
        "JSONRPCMessage": JSON_RPC,
    }
