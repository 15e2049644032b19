"""The WebSockets of the server: what opens them, and what they do."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.bootstrap.container import Container
from entrypoints.http.access_log import note_websocket
from entrypoints.http.error_responses import send_problem
from entrypoints.http.images.urls import image_urls_of
from entrypoints.http.known_paths import NO_ROUTE
from entrypoints.http.problem_documents import Problem
from entrypoints.http.security.caller_resolver import CallerResolver
from entrypoints.http.security.link_signer import LinkSigner
from entrypoints.http.security.link_state import drop_link
from entrypoints.http.websocket.image_handler import ImageHandler
from entrypoints.http.websocket.image_session import ImageSession
from entrypoints.http.websocket.opening_handshake import IS_AWAITED, SUBPROTOCOLS

HTTP_SCHEMES = {"ws": "http", "wss": "https"}

NO_SUBPROTOCOL = Problem(
    status=400,
    code="no_subprotocol",
    message="The opening handshake does not offer the subprotocol of this path.",
    hint="Offer it in Sec-WebSocket-Protocol, in browsers as the second argument of WebSocket: "
    + ", ".join(f"{name} at {path}" for path, name in SUBPROTOCOLS.items())
    + ".",
)


class Session(Protocol):
    """One connection, once it is open."""

    @property
    def is_awaited(self) -> bool: ...

    @property
    def jobs(self) -> int: ...

    def run(self) -> Coroutine[Any, Any, int]: ...


OpenSession = Callable[[Scope, Receive, Send], Session]


class WebSocketMiddleware:
    """ASGI middleware: opens the WebSockets, and passes on every other request.

    The middleware before it has checked Host, Origin and token, as for every request.
    """

    def __init__(self, app: ASGIApp, sessions: Mapping[str, OpenSession]) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._sessions:
            await send_problem(NO_ROUTE, scope, send)
            return
        scope["path_template"], subprotocol = path, SUBPROTOCOLS[path]
        if subprotocol not in scope["subprotocols"]:
            await send_problem(NO_SUBPROTOCOL, scope, send)
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        http = {**scope, "scheme": HTTP_SCHEMES[scope["scheme"]]}  # for links
        session = self._sessions[path](http, receive, send)
        scope["state"][IS_AWAITED] = lambda: session.is_awaited
        code = await session.run()
        note_websocket(scope, close_code=code, jobs=session.jobs)


def image_sessions(
    container: Container,
    callers: CallerResolver,
    signer: LinkSigner | None,
    warmed_up: asyncio.Event,
) -> OpenSession:
    """The WebSocket for images, whose links the signer signs."""
    settings = container.settings()

    def open_session(scope: Scope, receive: Receive, send: Send) -> ImageSession:
        caller = callers.resolve(scope)
        drop_link(scope)  # it expires soon, and the links in results must not
        handler = ImageHandler(
            container=container,
            caller=caller,
            urls=image_urls_of(scope, settings, signer, caller.owner),
            signer=signer,
            warmed_up=warmed_up,
        )
        return ImageSession(handler, receive, send)

    return open_session
