"""Events of a job as frames of server-sent events, the way older clients read them.

A frame is `data: {json}` and an empty line, in pieces: the base64 of a picture is made once for all
who wait for it, and is a piece of its own, so that nobody copies it.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
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
from entrypoints.http.exception_handlers import incident
from entrypoints.http.images.urls import ImageUrls
from entrypoints.wire.error_codes import as_dict
from entrypoints.wire.image_results import headline
from entrypoints.wire.progress import describe_event

Frame = tuple[bytes, ...]
Pictures = Mapping[str, Image | list[Image]]
Facts = dict[str, object]

BASE64_KEPT = 32_000_000
"""Bytes of base64 that are kept for those who read the same a little later."""

NAMES: dict[type[JobEvent], bytes] = {
    JobStarted: b"started",
    ServedFromCache: b"cache_hit",
    CacheFailed: b"cache_failed",
    JobQueued: b"queued",
    JobDispatched: b"dispatched",
    PartialReady: b"partial",
    Finished: b"finished",
    Failed: b"failed",
}
"""What the events of a job are called where a client follows its log."""

to_json = msgspec.json.Encoder().encode


class SseEvents:
    """Makes the frames of all streams of a server."""

    def __init__(self) -> None:
        self._texts: LRUCache[Image, bytes] = LRUCache(BASE64_KEPT, getsizeof=len)

    async def stream(self, ticket: JobHandle, links: ImageUrls) -> AsyncGenerator[Frame, None]:
        """All that is told to the holder of a ticket, up to `complete` or `error`.

        Raises nothing: what nobody foresaw is an `error` too.
        """
        request = ticket.job.request
        try:
            async with aclosing(ticket.events(skim=True)) as events:
                async for event in events:
                    yield self.stream_event(event, request, links, ticket.request)
        except Exception as error:  # noqa: BLE001 - an answer has begun, so nobody else can tell it
            yield self.stream_event(
                Failed(job_id=ticket.job.id, error=incident(error)), request, links
            )

    def stream_event(
        self,
        event: JobEvent,
        request: ImageRequest,
        links: ImageUrls,
        asked: ImageRequest | None = None,
    ) -> Frame:
        """One event. Progress is 0 to 100; a partial is one that the provider painted.

        `asked` is what this reader asked for, where that may be another form.
        """
        if isinstance(event, Failed):
            facts = as_dict(event.error) | {"jobId": event.job_id}
            return _data_line({"type": "error", "error": facts["message"], **facts})
        progress, message = describe_event(event, request)
        facts = {"progress": round(progress), "message": message, "jobId": event.job_id}
        if isinstance(event, PartialReady):
            facts |= {"partialImageIndex": event.index, "picture": event.image_index}
            return self._framed("partial", {"partialImage": event.image}, facts)
        if isinstance(event, Finished):
            facts["message"] = headline(event.result, request)
            facts["result"] = links.facts(event.result, ["full"] * len(event.result.images), asked)
            return self._complete(event.result, facts)
        return _data_line({"type": "progress", "data": facts})

    def _complete(self, images: ImageResult, facts: Facts) -> Frame:
        all_of_them = [picture.delivered for picture in images.images]
        pictures: dict[str, Image | list[Image]] = {"finalImage": all_of_them[0]}
        if len(all_of_them) > 1:
            pictures["images"] = all_of_them
        if images.revised_prompt:
            facts["revisedPrompt"] = images.revised_prompt
        return self._framed("complete", pictures, facts)

    def job_event(
        self, number: int, event: JobEvent, request: ImageRequest, links: ImageUrls
    ) -> Frame:
        """One event of a job's own log: `id`, `event` and `data`. Finished pictures are links."""
        facts: Facts = {"jobId": event.job_id}
        pictures: dict[str, Image | list[Image]] = {}
        if isinstance(event, Failed):
            facts |= as_dict(event.error)
        else:
            progress, facts["message"] = describe_event(event, request)
            facts["progress"] = round(progress)
        if isinstance(event, PartialReady):
            facts |= {"partialImageIndex": event.index, "picture": event.image_index}
            pictures["partialImage"] = event.image
        if isinstance(event, Finished):
            facts["result"] = links.report(event.result)
        opening = b"id: %d\nevent: %b\ndata: {" % (number, NAMES[type(event)])
        return (opening, *self._pieces(pictures), to_json(facts)[1:] + b"\n\n")

    def _framed(self, kind: str, pictures: Pictures, facts: Facts) -> Frame:
        return (
            b'data: {"type":"%b","data":{' % kind.encode(),
            *self._pieces(pictures),
            to_json(facts)[1:] + b"}\n\n",
        )

    def _pieces(self, pictures: Pictures) -> Iterator[bytes]:
        for name, value in pictures.items():
            several = isinstance(value, list)
            images = value if isinstance(value, list) else [value]
            yield b'"%b":' % name.encode() + (b"[" if several else b"")
            for number, image in enumerate(images):
                yield b'"' if number == 0 else b',"'
                yield self._text(image)
                yield b'"'
            yield b"]," if several else b","

    def _text(self, image: Image) -> bytes:
        text = self._texts.get(image)
        if text is None:
            text = pybase64.b64encode(image.data)
            if len(text) <= BASE64_KEPT:
                self._texts[image] = text
        return text


def _data_line(value: Facts) -> Frame:
    return (b"data: " + to_json(value) + b"\n\n",)
