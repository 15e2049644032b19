"""Reads the parts of a response object, which a gateway may have changed."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.openai.replies.fields import get_field, text_or_empty

CALL = "image_generation_call"
UNFINISHED = ("queued", "in_progress")
"""The statuses of a response in the background that has not ended."""
MAX_ANSWER = 400
"""Characters of a model's text in an error."""

Response = Mapping[str, Any]


def as_response(value: object) -> Response | None:
    """The value if it is a response object, or has one in its field `response`; else None."""
    for each in (value, get_field(value, "response")):
        if isinstance(each, Mapping) and isinstance(each.get("output"), list):
            return each
    return None


def image_calls(response: Response) -> Iterator[Mapping[str, Any]]:
    """The calls of the image tool among the output items."""
    for item in response["output"]:
        if isinstance(item, Mapping) and item.get("type") == CALL:
            yield item


def without_images(response: Response) -> Response:
    """The response without the data of its images, to be kept or quoted."""
    items = [
        {**item, "result": None} if isinstance(item, Mapping) and "result" in item else item
        for item in response["output"]
    ]
    return {**response, "output": items}


def answer_text(response: Response) -> str:
    """What the model wrote beside or instead of an image; shortened."""
    contents = [get_field(item, "content") for item in response["output"]]
    parts = [part for each in contents if isinstance(each, list) for part in each]
    texts = [text_or_empty(get_field(p, "text") or get_field(p, "refusal")) for p in parts]
    text = " ".join(" ".join(texts).split())
    return text if len(text) <= MAX_ANSWER else f"{text[:MAX_ANSWER]}…"


def revised_prompt(response: Response) -> str | None:
    """The prompt that the model gave to the image tool."""
    texts = (text_or_empty(call.get("revised_prompt")) for call in image_calls(response))
    return next(filter(None, texts), None)
