"""The OpenAPI descriptions of the routes for OpenAI's clients."""

from dataclasses import replace

from domain.errors import ArchiveUnavailable, NotFound
from domain.provider_errors import ModelNotFound
from entrypoints.http.openapi.operation import (
    ANY_ERROR,
    ApiResponse,
    Operation,
    json_response,
    parameter,
)
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.security.request_checks import FORM, JSON

TAG = "OpenAI"
HEADERS = {
    "X-Job-Id": "The ID of the job.",
    "X-Image-Id": "The IDs of the images, with commas between them.",
    "X-Cache": "hit, miss, joined an equal request, or repeated after a retry.",
    "X-Cost-Usd": "What the request cost; missing if unknown.",
    "X-Notes": "What was changed in the request, and how the result differs from it.",
}
RETRIES = (
    parameter(
        "Idempotency-Key",
        "header",
        "Requests with the same key count as one, even across a restart.",
        type="string",
        pattern="^[!-~]{1,255}$",
    ),
    parameter(
        "X-Stainless-Retry-Count",
        "header",
        "Above 0, an earlier attempt is continued or repeated instead of paying again.",
        type="string",
    ),
)
IMAGES = ApiResponse(
    description="The images; with `stream`, server-sent events with `event` and `data`.",
    content={
        JSON: {"schema": ref("OpenAIImages")},
        "text/event-stream": {
            "schema": ref("OpenAIImageEvent"),
            "example": "event: image_generation.completed\n"
            'data: {"type":"image_generation.completed","b64_json":"…"}\n\n',
        },
    },
    headers=HEADERS,
)

TASK = json_response(
    "A task: poll `poll_url`.",
    ref("OpenAITask"),
    **{"Location": "The same.", "Retry-After": "Seconds to wait before a poll."},
)
PREFER = parameter(
    "Prefer", "header", "`respond-async` has a task as the answer (RFC 7240).", type="string"
)

GENERATIONS = Operation(
    tag=TAG,
    parameters=(*RETRIES, PREFER),
    body={"schema": ref("OpenAIGenerateRequest")},
    tolerant=True,
    responses={200: IMAGES, 202: TASK},
    refusals=ANY_ERROR,
)
EDITS = Operation(
    tag=TAG,
    parameters=(*RETRIES, PREFER),
    body={"schema": ref("OpenAIEditRequest")},
    media_types=(JSON, FORM),
    tolerant=True,
    responses={200: IMAGES, 202: TASK},
    refusals=ANY_ERROR,
)
GENERATIONS_ASYNC = replace(GENERATIONS, parameters=RETRIES, responses={202: TASK})
EDITS_ASYNC = replace(EDITS, parameters=RETRIES, responses={202: TASK})
GET_TASK = Operation(
    tag=TAG,
    tolerant=True,
    responses={
        200: json_response(
            "The task: `processing`, or `completed` with its `result`, or `failed` with its "
            "`error`.",
            ref("OpenAITask"),
            **{"Retry-After": "Seconds to wait before the next poll of a running task."},
        )
    },
    refusals=(NotFound, ArchiveUnavailable),
)
MODELS = Operation(
    tag=TAG,
    tolerant=True,
    responses={200: json_response("All models.", ref("OpenAIModels"))},
)
MODEL = Operation(
    tag=TAG,
    tolerant=True,
    responses={200: json_response("The model.", ref("OpenAIModel"))},
    refusals=(ModelNotFound,),
)


def unprefixed(operation: Operation, name: str) -> Operation:
    """The same operation of clients whose base URL lacks /v1."""
    return replace(operation, name=f"{name}_unprefixed")
