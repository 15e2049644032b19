"""Job events as JSON texts, for every transport that sends them.

A text comes in pieces. The base64 of an image is a piece of its own: it is made once for all
readers of a job, and no reader copies it.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import msgspec
import pybase64
from cachetools import LRUCache

from application.jobs.job_handle import JobHandle
from domain.events import (
    CacheFailed,
    Failed,
    Finished,
    JobDispatched,
    JobEvent,
    JobQueued,
    JobStarted,
    PartialReady,
    ServedFromCache,
)
from domain.image import Image
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.http.images.urls import ImageUrls
from entrypoints.wire.error_codes import as_dict
from entrypoints.wire.image_results import headline
from entrypoints.wire.incidents import log_incident
from entrypoints.wire.outputs import Shown
from entrypoints.wire.progress import describe_event

JsonText = tuple[bytes, ...]
"""One JSON object without line breaks, in pieces."""
Fields = dict[str, object]
ImageFields = dict[str, Image | list[Image]]

MAX_CACHED_BASE64 = 32_000_000
"""Bytes of base64 that are cached for readers slightly behind the first."""

EVENT_NAMES: dict[type[JobEvent], str] = {
    JobStarted: "started",
    ServedFromCache: "cache_hit",
    CacheFailed: "cache_failed",
    JobQueued: "queued",
    JobDispatched: "dispatched",
    PartialReady: "partial",
    Finished: "finished",
    Failed: "failed",
}
"""The names of events in a job's own log."""

to_json = msgspec.json.Encoder().encode


class EventJson:
    """Encodes the events of all streams of a server."""

    def __init__(self) -> None:
        self._base64: LRUCache[Image, bytes] = LRUCache(MAX_CACHED_BASE64, getsizeof=len)

    async def messages(self, job: JobHandle, urls: ImageUrls) -> AsyncGenerator[JsonText, None]:
        """All events for the holder of a handle, up to `complete` or `error`.

        Raises nothing: an unexpected exception is an `error`, too, because a response has begun.
        """
        request = job.job.request
        try:
            async with aclosing(job.events(drop_superseded=True)) as events:
                async for event in events:
                    yield self.message(event, request, urls, job.request)
        except Exception as error:  # noqa: BLE001 - the last place that can still report it
            yield self.message(Failed.of(job.job.id, log_incident(error)), request, urls)

    def message(
        self,
        event: JobEvent,
        request: ImageRequest,
        urls: ImageUrls,
        requested: ImageRequest | None = None,
    ) -> JsonText:
        """One event with its `type`. Progress is 0 to 100; a partial is the provider's image.

        `requested` is this reader's own request, whose format may differ.
        """
        if isinstance(event, Failed):
            fields = failed_fields(event)
            return (to_json({"type": "error", "error": fields["message"], **fields}),)
        if isinstance(event, Finished):
            return self._complete(event.result, finished_fields(event, request, urls, requested))
        fields = progress_fields(event, request)
        if isinstance(event, PartialReady):
            fields |= _partial_fields(event)
            return self._typed("partial", {"partialImage": event.image}, fields)
        return (to_json({"type": "progress", "data": fields}),)

    def job_event(self, event: JobEvent, request: ImageRequest, urls: ImageUrls) -> JsonText:
        """One event of a job's own log, without its name. Finished images are URLs."""
        fields: Fields = {"jobId": event.job_id}
        images: ImageFields = {}
        if isinstance(event, Failed):
            fields |= as_dict(event.failure.to_error())
        else:
            progress, fields["message"] = describe_event(event, request)
            fields["progress"] = round(progress)
        if isinstance(event, PartialReady):
            fields |= _partial_fields(event)
            images["partialImage"] = event.image
        if isinstance(event, Finished):
            fields["result"] = urls.report(event.result)
        return self._object(images, fields)

    def _complete(self, result: ImageResult, fields: Fields) -> JsonText:
        delivered = [image.delivered for image in result.images]
        images: ImageFields = {"finalImage": delivered[0]}
        if len(delivered) > 1:
            images["images"] = delivered
        return self._typed("complete", images, fields)

    def _typed(self, kind: str, images: ImageFields, fields: Fields) -> JsonText:
        return (b'{"type":"%b","data":' % kind.encode(), *self._object(images, fields), b"}")

    def _object(self, images: ImageFields, fields: Fields) -> JsonText:
        return (b"{", *self._image_members(images), to_json(fields)[1:])

    def _image_members(self, images: ImageFields) -> Iterator[bytes]:
        for name, value in images.items():
            several = isinstance(value, list)
            yield b'"%b":' % name.encode() + (b"[" if several else b"")
            for number, image in enumerate(value if isinstance(value, list) else [value]):
                yield b'"' if number == 0 else b',"'
                yield self.base64(image)
                yield b'"'
            yield b"]," if several else b","

    def base64(self, image: Image) -> bytes:
        """The base64 of the image, which is made once for readers that are close to each other."""
        text = self._base64.get(image)
        if text is None:
            text = pybase64.b64encode(image.data)
            if len(text) <= MAX_CACHED_BASE64:
                self._base64[image] = text
        return text


def progress_fields(event: JobEvent, request: ImageRequest) -> Fields:
    """What every event but Failed tells; progress is 0 to 100."""
    progress, text = describe_event(event, request)
    return {"progress": round(progress), "message": text, "jobId": event.job_id}


def finished_fields(
    event: Finished, request: ImageRequest, urls: ImageUrls, requested: ImageRequest | None
) -> Fields:
    """The end of a job whose images are sent whole, without the images."""
    shown: list[Shown] = ["full"] * len(event.result.images)
    fields = progress_fields(event, request) | {
        "message": headline(event.result, request),
        "result": urls.facts(event.result, shown, requested),
    }
    if event.result.revised_prompt:
        fields["revisedPrompt"] = event.result.revised_prompt
    return fields


def failed_fields(event: Failed) -> Fields:
    """The error that the job failed with."""
    return as_dict(event.failure.to_error()) | {"jobId": event.job_id}


def _partial_fields(event: PartialReady) -> Fields:
    return {"partialImageIndex": event.index, "picture": event.image_index}
