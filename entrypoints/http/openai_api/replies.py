"""Results as OpenAI's clients read them: JSON, events of a stream, and headers."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import msgspec

from application.jobs.job_handle import JobHandle
from domain.errors import UnreadableImage
from domain.events import Failed, Finished, PartialReady
from domain.image import Image
from domain.requests import Background, ImageRequest, Quality
from domain.results import ImageResult, ResultImage, ServedFrom, Usage
from entrypoints.http.event_json import EventJson
from entrypoints.http.images.urls import ImageUrls
from entrypoints.http.sse_events import Frame

UNPRINTABLE = re.compile(r"[^ -~]+")
KINDS = {"generate": "image_generation", "edit": "image_edit"}
"""The first part of the types of events, by action."""
CACHE_WORDS = {
    ServedFrom.PROVIDER: "miss",
    ServedFrom.JOINED: "joined",
    ServedFrom.ARCHIVE: "repeated",
}
"""X-Cache of a result that is not from the cache, by its source."""


class OpenAIReplies:
    """Encodes results for one client.

    `as_url`: links instead of base64. An image that could not be stored has no link; its `url` is a
    data: URL. Streams have base64 always, as in OpenAI's API. `known` are facts of every image.
    """

    def __init__(
        self,
        event_json: EventJson,
        urls: ImageUrls,
        *,
        as_url: bool,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self._event_json = event_json
        self._urls = urls
        self._as_url = as_url
        self._known = known or {}

    def body(self, result: ImageResult) -> bytes:
        """The JSON of a finished request."""
        return msgspec.json.encode(self.reply(result))

    def reply(self, result: ImageResult) -> dict[str, Any]:
        """The members of that JSON."""
        return {
            "created": int(result.created_at.timestamp()),
            "data": [self._item(result, image) for image in result.images],
            **self._facts(result.images[0].delivered),
            **_usage(result.usage),
        }

    async def events(self, job: JobHandle) -> AsyncGenerator[Frame, None]:
        """The previews and the images as server-sent events.

        Raises the ImageServiceError that the job failed with.
        """
        async with aclosing(job.events(drop_superseded=True)) as events:
            async for event in events:
                if isinstance(event, PartialReady):
                    yield self._partial(event, job)
                if isinstance(event, Finished | Failed):
                    for frame in self._completed(job.outcome(event), job):
                        yield frame

    def _partial(self, event: PartialReady, job: JobHandle) -> Frame:
        return _frame(
            job,
            "partial_image",
            {
                "b64_json": self._raw(event.image),
                "partial_image_index": event.index,
                "created_at": int(job.job.created_at.timestamp()),
                **self._facts(event.image),
            },
        )

    def _completed(self, result: ImageResult, job: JobHandle) -> list[Frame]:
        """One event for each image. The first has the usage of the whole call."""
        created_at, usage = int(result.created_at.timestamp()), _usage(result.usage)
        return [
            _frame(
                job,
                "completed",
                {
                    "b64_json": self._raw(image.delivered),
                    "created_at": created_at,
                    **self._facts(image.delivered),
                    **(usage if number == 0 else {}),
                },
            )
            for number, image in enumerate(result.images)
        ]

    def _item(self, result: ImageResult, image: ResultImage) -> dict[str, object]:
        item: dict[str, object] = {}
        if not self._as_url:
            item["b64_json"] = self._raw(image.delivered)
        elif image.stored:
            item["url"] = self._urls.delivered(image)
        else:
            text = self._event_json.base64(image.delivered).decode()
            item["url"] = f"data:{image.delivered.format.media_type};base64,{text}"
        if result.revised_prompt:
            item["revised_prompt"] = result.revised_prompt
        return item

    def _facts(self, image: Image) -> dict[str, str]:
        """What is known of an image. What the model chose by itself is not."""
        facts = dict(self._known)
        with suppress(UnreadableImage):  # a preview is not checked
            facts |= {"output_format": image.format.value, "size": str(image.dimensions)}
        return facts

    def _raw(self, image: Image) -> msgspec.Raw:
        return msgspec.Raw(b'"%b"' % self._event_json.base64(image))


def known_facts(request: ImageRequest) -> dict[str, str]:
    """What a request says of every image; what is left to the model is unknown."""
    facts: dict[str, str] = {}
    if request.background is not Background.AUTO:
        facts["background"] = request.background.value
    if request.quality is not Quality.AUTO:
        facts["quality"] = request.quality.value
    return facts


def error_frame(body: bytes) -> Frame:
    """The last event of a stream whose job fails; `body` is the error's envelope."""
    return (b"event: error\ndata: ", body, b"\n\n")


def job_headers(job: JobHandle, notes: tuple[str, ...] = ()) -> dict[str, str]:
    """The headers that are known before there is a result."""
    return {"x-job-id": job.job.id, **_noted((*notes, *job.notes))}


def _noted(notes: tuple[str, ...]) -> dict[str, str]:
    texts = " ".join(dict.fromkeys(notes)).replace("→", "->")
    return {"x-notes": UNPRINTABLE.sub("?", texts)[:1000]} if texts else {}


def result_headers(result: ImageResult, notes: tuple[str, ...] = ()) -> dict[str, str]:
    """Which images these are, whether they were paid for now, and with how many US dollars.

    Beside `notes` on the request, those on the result: a fallback that served it, a failed image.
    """
    cost = result.charged_cost
    costs = {} if cost is None else {"x-cost-usd": f"{cost:f}"}
    return {
        "x-image-id": ",".join(image.id for image in result.images),
        "x-cache": "hit" if result.is_cached else CACHE_WORDS[result.served_from],
        "x-should-retry": "false",
        **costs,
        **_noted((*notes, *result.notes)),
    }


def _frame(job: JobHandle, name: str, fields: Mapping[str, object]) -> Frame:
    kind = f"{KINDS[job.job.action]}.{name}"
    data = msgspec.json.encode({"type": kind, **fields})
    return (b"event: %b\ndata: " % kind.encode(), data, b"\n\n")


def _usage(usage: Usage | None) -> dict[str, Any]:
    """The tokens of the image model as the provider counted them; nothing if it did not."""
    if usage is None:
        return {}
    tokens_in = usage.text_tokens_in + usage.image_tokens_in
    return {
        "usage": {
            "input_tokens": tokens_in,
            "input_tokens_details": {
                "image_tokens": usage.image_tokens_in,
                "text_tokens": usage.text_tokens_in,
            },
            "output_tokens": usage.tokens_out,
            "total_tokens": tokens_in + usage.tokens_out,
        }
    }
