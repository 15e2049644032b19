"""A minimal uvicorn server that sends one frame to many clients, as the baseline for our streams.

`python -m benchmarks.bare_stream PORT CLIENTS BYTES` waits for that many requests, then sends the
same bytes to all of them.
"""

import asyncio
import sys

import uvicorn
from starlette.types import Receive, Scope, Send

HELLO = b'data: {"type":"progress"}\n\n'


class Shared:
    """An ASGI application that answers once `clients` requests wait, with one frame for all."""

    def __init__(self, clients: int, size: int) -> None:
        self._clients = clients
        self._frame = b'data: {"type":"complete","data":"' + b"x" * size + b'"}\n\n'
        self._waiting = 0
        self._all_waiting = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": HELLO, "more_body": True})
        await self._wait_for_all()
        await send({"type": "http.response.body", "body": self._frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _wait_for_all(self) -> None:
        self._waiting += 1
        go = self._all_waiting
        if self._waiting == self._clients:
            self._waiting, self._all_waiting = 0, asyncio.Event()
            asyncio.get_running_loop().call_later(0.2, go.set)
        await go.wait()


if __name__ == "__main__":
    app = Shared(int(sys.argv[2]), int(sys.argv[3]))
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="warning", access_log=False)
