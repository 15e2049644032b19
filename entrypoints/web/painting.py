"""Asking for pictures: as a stream of events, or as one answer."""

import msgspec
from litestar import Response, post
from litestar.params import FromQuery
from litestar.types import ASGIApp

from entrypoints.painting import paint
from entrypoints.web.pictures.links import links_for
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
    headers = {"x-job-id": ticket.job.id}
    return EventStream(frames, KEEP_ALIVE_EVERY, headers)  # type: ignore[return-value] # both are ASGI


@post("/images", status_code=201)
async def images(request: AnyRequest, inline: FromQuery[bool] = False) -> Response[bytes]:
    """Paint, and answer when it is done: facts and links, and with `inline` the pictures too.

    The body has the arguments of generate_image, or of edit_image where there are `images`.
    """
    ticket = await paint(container_of(request), await json_object(request), caller_of(request))
    links, painted = links_for(request), await ticket.result()
    answer = links.report(painted, ticket.asked, inline=inline)
    stored = [picture for picture in painted.pictures if picture.place]
    alone = len(stored) == len(painted.pictures) == 1
    return Response(
        msgspec.json.encode(answer),
        media_type="application/json",
        status_code=201,
        headers={"location": links.picture(stored[0])} if alone else {},
    )
