"""What the OpenAPI document says of each route; what its handler is for stands in the handler."""

from dataclasses import replace

from domain import errors
from domain.image_formats import ImageFormat
from entrypoints.http.images.conditional_responses import range_not_satisfiable
from entrypoints.http.openapi.bodies import ARGUMENTS, EVENTS, FRAMES
from entrypoints.http.openapi.operation import Answer, Operation, json_answer, parameter
from entrypoints.http.openapi.schema_parts import STRING, ref
from entrypoints.wire.error_codes import HTTP_STATUSES
from entrypoints.wire.json_schema import Schema

GENERATION_ERRORS = tuple(HTTP_STATUSES)
"""Anything of the tree can end a job."""


def _word(words: str, **more: Schema) -> Answer:
    properties = {"status": STRING, **more}
    schema: Schema = {"type": "object", "required": ["status"], "properties": properties}
    return json_answer(words, schema)


RANGE_NOT_SATISFIABLE = (range_not_satisfiable(0),)
IMAGE_TYPES: Schema = {form.media_type: {"schema": {}} for form in ImageFormat}
CACHING = {"ETag": "Strong.", "Cache-Control": "A year, immutable.", "Vary": "Accept."}


def _document(name: str, media_type: str, schema: Schema, *others: str) -> Operation:
    """What does not change as long as the server runs."""
    content = {kind: {"schema": schema} for kind in (media_type, *others)}
    headers = {"ETag": "Strong.", "Cache-Control": "How long it may be kept."}
    return Operation(
        id=name,
        tag="Documents",
        answers={
            200: Answer(words="The file.", content=content, headers=headers),
            206: Answer(words="The part that Range asked for.", content=content, headers=headers),
            304: Answer(words="The client has it: see If-None-Match.", headers=headers),
        },
        refusals=RANGE_NOT_SATISFIABLE,
    )


PICTURE_ID = parameter(
    "picture_id", "path", "As an answer had it.", type="string", examples=["img_" + "0" * 32]
)
JOB_ID = parameter("job_id", "path", "As a frame or X-Job-Id had it.", type="string")
KEY = parameter(
    "Idempotency-Key",
    "header",
    "Asking again under the same key is asking once, also after a restart.",
    type="string",
    pattern="^[!-~]{1,255}$",
)
DESCRIBED = {**CACHING, "Accept-Ranges": "bytes.", "Content-Disposition": "A file name."}
PICTURE = Operation(
    id="full",
    tag="Pictures",
    parameters=(
        PICTURE_ID,
        parameter(
            "format",
            "query",
            "The format, whatever the Accept header says.",
            type="string",
            enum=[form.value for form in ImageFormat],
        ),
    ),
    answers={
        200: Answer(words="The picture.", content=IMAGE_TYPES, headers=DESCRIBED),
        206: Answer(
            words="The part that Range asked for.",
            content=IMAGE_TYPES,
            headers={**DESCRIBED, "Content-Range": "Which part."},
        ),
        304: Answer(words="The client has it: see If-None-Match.", headers=CACHING),
    },
    errors=(errors.NotFound, errors.ArchiveUnavailable, errors.UnreadableImage),
    refusals=RANGE_NOT_SATISFIABLE,
)


OPERATIONS: dict[str, Operation] = {
    "GET /health": Operation(
        id="health",
        tag="Health",
        answers={200: _word("It answers.", service=STRING, version=STRING)},
    ),
    "GET /livez": Operation(id="livez", tag="Health", answers={200: _word("The process lives.")}),
    "GET /readyz": Operation(
        id="readyz",
        tag="Health",
        answers={
            200: _word("It takes new work.", checks={"type": "object"}),
            503: _word("It drains, or cannot keep pictures.", checks={"type": "object"}),
        },
    ),
    "GET /metrics": Operation(
        id="metrics",
        tag="Health",
        answers={
            200: Answer(
                words="Prometheus' text format.",
                content={"text/plain": {"schema": {"type": "string"}}},
            )
        },
    ),
    "POST /mcp/stream": Operation(
        id="stream",
        tag="Painting",
        parameters=(KEY,),
        body=ARGUMENTS,
        answers={200: FRAMES},
        errors=GENERATION_ERRORS,
    ),
    "POST /images": Operation(
        id="images",
        tag="Painting",
        parameters=(
            parameter("inline", "query", "Pictures as base64 too.", type="boolean", default=False),
            KEY,
        ),
        body=ARGUMENTS,
        answers={
            201: json_answer(
                "The pictures are done.",
                ref("ImagesResult"),
                Location="Where the picture is, if it is only one.",
            )
        },
        errors=GENERATION_ERRORS,
    ),
    "GET /jobs/{job_id}": Operation(
        id="job",
        tag="Painting",
        parameters=(JOB_ID,),
        answers={200: json_answer("How the job stands.", ref("ListedJob"))},
        errors=(errors.NotFound, errors.ArchiveUnavailable),
    ),
    "GET /jobs/{job_id}/events": Operation(
        id="events",
        tag="Painting",
        parameters=(
            JOB_ID,
            parameter("Last-Event-ID", "header", "Go on behind this event.", type="string"),
        ),
        answers={
            200: EVENTS,
            204: Answer(words="That was the last one: there is no more."),
        },
        errors=(errors.NotFound,),
    ),
    "GET /images": Operation(
        id="listed",
        tag="Pictures",
        parameters=(
            parameter(
                "limit", "query", "How many.", type="integer", minimum=1, maximum=100, default=20
            ),
        ),
        answers={200: json_answer("The newest first.", ref("ListImagesResult"))},
        errors=(errors.ArchiveUnavailable,),
    ),
    "GET /images/{picture_id}": PICTURE,
    "DELETE /images/{picture_id}": Operation(
        id="deleted",
        tag="Pictures",
        parameters=(PICTURE_ID,),
        answers={200: json_answer("It is gone.", ref("DeleteImageResult"))},
        errors=(errors.NotFound, errors.ArchiveUnavailable),
    ),
    "GET /images/{picture_id}/preview": replace(PICTURE, id="preview"),
    "GET /images/{picture_id}/thumb": replace(PICTURE, id="thumb"),
    "GET /openapi.json": _document("openapi", "application/json", {"type": "object"}),
    "GET /docs": _document("docs", "text/html", STRING),
    "GET /docs/{folder}/{name}": replace(
        _document("asset", "text/javascript", STRING, "text/css"),
        parameters=(
            parameter("folder", "path", "Changes with the files.", type="string"),
            parameter("name", "path", "As the page has it.", type="string"),
        ),
        errors=(errors.NotFound,),
    ),
}
"""By method and path. HEAD is as GET, without bodies."""
