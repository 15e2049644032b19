"""What is sent to paint, and the streams that tell of it, as the OpenAPI document has them."""

from entrypoints.http.openapi.operation import Answer
from entrypoints.http.openapi.schema_parts import ref

ARGUMENTS = {
    "schema": {"oneOf": [ref("GenerateArguments"), ref("EditArguments")]},
    "examples": {
        "generate": {"value": {"prompt": "a lighthouse above a quiet sea at dusk"}},
        "previews": {"value": {"prompt": "a lighthouse", "partialImages": 2}},
        "edit": {"value": {"prompt": "make the sky green", "images": ["img_" + "0" * 32]}},
    },
}
FRAMES = Answer(
    words="Server-sent events. A frame is exactly `data: {json}` and an empty line; comments come "
    "at least each 15 s. The stream ends after `complete` or `error`.",
    content={
        "text/event-stream": {
            "schema": ref("StreamEvent"),
            "example": 'data: {"type":"progress","data":{"progress":5,"message":"…","jobId":"…"}}'
            "\n\n: keep-alive\n\n",
        }
    },
    headers={"X-Job-Id": "The job that is told of."},
)
EVENTS = Answer(
    words="Server-sent events with `id` and `event`, up to `finished` or `failed`; comments come "
    "at least each 15 s.",
    content={
        "text/event-stream": {
            "schema": ref("JobEvent"),
            "example": 'id: 0\nevent: started\ndata: {"jobId":"…","message":"…","progress":1}\n\n',
        }
    },
    headers={"X-Job-Id": "The job that is told of."},
)
