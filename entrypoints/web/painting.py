"""Asking for pictures: as a stream of events, or as one answer."""

from typing import Any

import msgspec
import pybase64
from litestar import Response, post
from litestar.types import ASGIApp

from domain.results import ImageSet
from entrypoints.painting import paint
from entrypoints.reports import structured_report
from entrypoints.result_schemas import Shown
from entrypoints.web.links import picture_url
from entrypoints.web.requests import AnyRequest, caller_of, container_of, json_object
from entrypoints.web.streaming import EventStream

KEEP_ALIVE_EVERY = 10.0
"""Seconds; clients were promised 15."""


@post("/mcp/stream", status_code=200)
async def stream(request: AnyRequest) -> ASGIApp:
    """Paint, and tell of it as server-sent events up to `complete` or `error`.

    The body has the arguments of generate_image, or of edit_image where there are `images`.
    """
    ticket = await paint(container_of(request), await json_object(request), caller_of(request))
    frames = request.app.state.frames.of(ticket)
    told = EventStream(frames, KEEP_ALIVE_EVERY, {"x-job-id": ticket.job.id})
    return told  # type: ignore[return-value] # both are ASGI


@post("/images", status_code=201)
async def images(request: AnyRequest, inline: bool = False) -> Response[bytes]:
    """Paint, and answer when it is done: facts and links, and with `inline` the pictures too.

    The body has the arguments of generate_image, or of edit_image where there are `images`.
    """
    ticket = await paint(container_of(request), await json_object(request), caller_of(request))
    body = _answer(request, await ticket.result(), inline=inline)
    return Response(body, media_type="application/json", status_code=201)


def _answer(request: AnyRequest, images: ImageSet, *, inline: bool) -> bytes:
    shown: Shown = "full" if inline else "none"
    answer: dict[str, Any] = msgspec.to_builtins(
        structured_report(images, [shown] * len(images.pictures))
    )
    for entry, picture in zip(answer["images"], images.pictures, strict=True):
        entry["url"] = picture_url(request, picture.id)
        if inline:
            entry["data"] = pybase64.b64encode(picture.delivered.data).decode("ascii")
    return msgspec.json.encode(answer)
