"""Sends replies with the delays and connection faults of a fault."""

import asyncio
import socket
import struct

from aiohttp import web

from tests.standin.calls import Call
from tests.standin.faults import Fault
from tests.standin.replies import Reply

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def send(request: web.Request, call: Call, reply: Reply, fault: Fault) -> web.StreamResponse:
    """Answer the request. Returns when the last byte is sent, or the connection is cut.

    Raises CancelledError or ConnectionError if the client disconnects first.
    """
    pause = fault.delay / len(reply.chunks) if reply.stream and reply.chunks else 0.0
    if pause == 0.0 or fault.ending in ("hang", "reset"):
        await asyncio.sleep(fault.delay)
    if fault.ending == "hang":
        await asyncio.Event().wait()
    if fault.ending == "reset":
        return _reset(request)
    response = _response(reply)
    call.status = reply.status
    await response.prepare(request)
    for at, chunk in enumerate(_chunks_to_send(reply, fault)):
        await asyncio.sleep(_until_due(reply, at) if reply.due else pause)
        await response.write(chunk)
    if fault.ending == "held":
        await asyncio.Event().wait()
    if fault.ending == "cut" and request.transport is not None:
        request.transport.close()
    else:
        await response.write_eof()
    return response


def _until_due(reply: Reply, at: int) -> float:
    return max(0.0, reply.due[at] - asyncio.get_running_loop().time())


def _response(reply: Reply) -> web.StreamResponse:
    """The status line and headers; a content type among the reply's headers takes precedence."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    if "content-type" not in response.headers:
        response.content_type = reply.content_type
    if not reply.stream:
        response.content_length = sum(map(len, reply.chunks))
    return response


def _chunks_to_send(reply: Reply, fault: Fault) -> list[bytes]:
    """The chunks before the cut: all of them unless the fault cuts at a fraction."""
    if fault.ending != "cut" or (reply.stream and fault.after_partials is not None):
        return reply.chunks
    left = int(sum(map(len, reply.chunks)) * fault.at)
    sent = []
    for chunk in reply.chunks:
        sent.append(chunk[:left])
        left -= len(sent[-1])
    return [chunk for chunk in sent if chunk]


def _reset(request: web.Request) -> web.Response:
    """Close without a reply, so that the client sees a reset and not an orderly end."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.abort()
    return web.Response()
