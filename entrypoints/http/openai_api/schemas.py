"""The JSON Schemas of OpenAI's Images API, as far as this server has it."""

from domain.requests import MAX_IMAGES, MAX_INPUT_IMAGES, MAX_PARTIALS, MAX_PROMPT_CHARACTERS
from entrypoints.http.openapi.schema_parts import (
    BASE64,
    NON_NEGATIVE,
    PERCENT,
    STRING,
    URL,
    object_of,
    ref,
)
from entrypoints.wire.json_schema import Schema

OPTIONAL_TEXT: Schema = {"type": ["string", "null"]}
OPTIONS: dict[str, Schema] = {
    "prompt": {**STRING, "minLength": 1, "maxLength": MAX_PROMPT_CHARACTERS},
    "model": {**OPTIONAL_TEXT, "description": "Retired models are served by their successors."},
    "n": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_IMAGES, "default": 1},
    "size": {**OPTIONAL_TEXT, "description": "auto, WIDTHxHEIGHT, or a word such as landscape."},
    "quality": {
        **OPTIONAL_TEXT,
        "enum": ["low", "medium", "high", "xhigh", "max", "auto", "hd", "standard", None],
    },
    "background": {**OPTIONAL_TEXT, "enum": ["transparent", "opaque", "auto", None]},
    "moderation": {**OPTIONAL_TEXT, "enum": ["auto", "low", None]},
    "output_format": {**OPTIONAL_TEXT, "enum": ["png", "jpeg", "webp", "avif", "auto", None]},
    "output_compression": {**PERCENT, "type": ["integer", "null"]},
    "partial_images": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": MAX_PARTIALS,
        "description": "Previews of a stream.",
    },
    "stream": {"type": ["boolean", "null"], "default": False},
    "response_format": {
        **OPTIONAL_TEXT,
        "description": "url for links; base64 for any other value.",
    },
    "fresh": {
        "type": "boolean",
        "description": "Ignore cached and running equal requests; not in OpenAI's API.",
    },
    "confirm": {
        "type": "boolean",
        "description": "A person agreed to the cost (CONFIRM_ABOVE_USD); not in OpenAI's API.",
    },
    "fallback": {
        **OPTIONAL_TEXT,
        "description": "Model to ask if the first one's provider fails uncharged; not in OpenAI's "
        "API.",
    },
}
INPUT: Schema = {
    "description": "An img_… ID, a data: URL, base64, an object with `image_url` or `file_id`, or "
    "in a form a file.",
    "oneOf": [STRING, object_of(image_url=STRING, file_id=STRING)],
}
INPUTS: Schema = {"oneOf": [INPUT, {"type": "array", "items": INPUT, "maxItems": MAX_INPUT_IMAGES}]}
USAGE = object_of(
    *("input_tokens", "input_tokens_details", "output_tokens", "total_tokens"),
    input_tokens=NON_NEGATIVE,
    input_tokens_details=object_of(
        *("image_tokens", "text_tokens"), image_tokens=NON_NEGATIVE, text_tokens=NON_NEGATIVE
    ),
    output_tokens=NON_NEGATIVE,
    total_tokens=NON_NEGATIVE,
)
FACTS: dict[str, Schema] = {
    "background": STRING,
    "output_format": STRING,
    "quality": STRING,
    "size": STRING,
    "usage": {**USAGE, "description": "As the provider counted; missing if it did not."},
}
ERROR = object_of(
    *("message", "type", "param", "code"),
    message={**STRING, "description": "What happened, and what to do next."},
    type=STRING,
    param=OPTIONAL_TEXT,
    code={**STRING, "pattern": "^[a-z_]+$"},
)
EVENT_TYPES = [
    f"{kind}.{name}"
    for kind in ("image_generation", "image_edit")
    for name in ("partial_image", "completed")
]
IMAGE_EVENT = object_of(
    *("type", "b64_json", "created_at"),
    type={**STRING, "enum": EVENT_TYPES},
    b64_json=BASE64,
    created_at=NON_NEGATIVE,
    partial_image_index=NON_NEGATIVE,
    **FACTS,
)

OPENAI_SCHEMAS: dict[str, Schema] = {
    "OpenAIGenerateRequest": {"title": "OpenAIGenerateRequest", **object_of("prompt", **OPTIONS)},
    "OpenAIEditRequest": {
        "title": "OpenAIEditRequest",
        **object_of("prompt", **OPTIONS, image=INPUTS, images=INPUTS, mask=INPUT),
    },
    "OpenAIImages": {
        "title": "OpenAIImages",
        **object_of(
            *("created", "data"),
            created=NON_NEGATIVE,
            data={
                "type": "array",
                "items": object_of(b64_json=BASE64, url=URL, revised_prompt=STRING),
            },
            **FACTS,
        ),
    },
    "OpenAIImageEvent": {
        "title": "OpenAIImageEvent",
        **object_of(
            *("event", "data"),
            event={**STRING, "enum": [*EVENT_TYPES, "error"]},
            data={
                **STRING,
                "contentMediaType": "application/json",
                "contentSchema": {"oneOf": [IMAGE_EVENT, ref("OpenAIError")]},
            },
        ),
    },
    "OpenAIModel": {
        "title": "OpenAIModel",
        **object_of(
            *("id", "object", "created", "owned_by"),
            id=STRING,
            object={**STRING, "const": "model"},
            created={**NON_NEGATIVE, "description": "0: not known."},
            owned_by=STRING,
            shutdown_date=OPTIONAL_TEXT,
            capabilities=object_of(
                image_generation={"type": "boolean"}, image_edit={"type": "boolean"}
            ),
        ),
    },
    "OpenAIModels": {
        "title": "OpenAIModels",
        **object_of(
            *("object", "data"),
            object={**STRING, "const": "list"},
            data={"type": "array", "items": ref("OpenAIModel")},
        ),
    },
    "OpenAITask": {
        "title": "OpenAITask",
        **object_of(
            *("id", "task_id", "object", "status", "created_at"),
            id=STRING,
            task_id={**STRING, "description": "The ID of the job."},
            object={**STRING, "const": "image.generation.task"},
            status={**STRING, "enum": ["processing", "completed", "failed"]},
            created_at=NON_NEGATIVE,
            completed_at=NON_NEGATIVE,
            poll_url={**STRING, "description": "A path of this server."},
            http_status={"type": "integer"},
            image_url=URL,
            result=ref("OpenAIImages"),
            error=ERROR,
        ),
    },
    "OpenAIError": {
        "title": "OpenAIError",
        **object_of(
            "error",
            error=ERROR,
        ),
    },
}
