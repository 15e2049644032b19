"""A host of the web with TLS, a trap that no request may reach, and a client's way to both."""

import socket
import ssl
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, Self

import httpx2
import pytest
import trustme

from adapters.web_images.web_images import WebImages
from domain.errors import UnreadableImage

PUBLIC, DEAD = "93.184.216.34", "93.184.216.35"
"""The addresses of a host that answers, and of one that does not."""
NAMES = ("images.example", "www.images.example", "xn--bcher-kva.example")
URL = "https://images.example/teal.png"
USUAL = {"images.example": [[PUBLIC]], "www.images.example": [[PUBLIC]]}
SECRET = "canary-5e0c"
"""What a page may have in its answer, and no error."""
Page = Callable[[socket.socket], None]
"""Sends an answer."""


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> Page:
    """A page with this body; `Content_Type` is the header Content-Type."""
    fields = {"Content-Length": str(len(body))} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return lambda peer: peer.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def redirect(location: str, status: str = "302 Found") -> Page:
    """A page that leads elsewhere."""
    return reply(b"", status, Location=location, Set_Cookie="session=1")


class Listener(ThreadingTCPServer):
    """Listens on loopback, and counts the connections that it gets."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler: Callable[..., BaseRequestHandler] = BaseRequestHandler) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ANN401 - the base class's own
        self.connections += 1
        return True

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


@dataclass(frozen=True, slots=True)
class Get:
    """A request that the host got."""

    server_name: str
    path: str
    headers: Mapping[str, str]


class WebHost(Listener):
    """Serves `pages` by their paths, with a certificate for NAMES by a test's authority."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        super().__init__(self._serve)
        self.pages = dict(pages)
        self.gets: list[Get] = []
        authority = trustme.CA()
        self._server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*NAMES).configure_cert(self._server_side)
        self._server_side.sni_callback = _keep_server_name
        self.client_side = ssl.create_default_context()
        authority.configure_trust(self.client_side)

    def _serve(self, request: socket.socket, address: object, server: object) -> Any:  # noqa: ANN401 - a handler
        with (
            suppress(OSError),  # the client may leave at any time
            self._server_side.wrap_socket(request, server_side=True) as peer,
        ):
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            first, *lines = head.decode().split("\r\n\r\n")[0].split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            path = first.split(" ")[1]
            self.gets.append(Get(getattr(peer.context, "server_name", ""), path, headers))
            self.pages.get(path, reply(status="404 Not Found"))(peer)


def _keep_server_name(peer: ssl.SSLObject | ssl.SSLSocket, name: str, _: ssl.SSLContext) -> None:
    peer.context.server_name = name  # type: ignore[attr-defined] # it is read after the handshake


@dataclass
class Names:
    """A resolver. A name whose answer changes has several; the last one stays."""

    answers: Mapping[str, Sequence[Sequence[str]]]
    looked_up: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        answers = self.answers.get(host)
        if answers is None:  # numbers only, so that nothing is sent
            found = socket.getaddrinfo(host, 443, flags=socket.AI_NUMERICHOST)
            return [str(address[0]) for *_, address in found]
        return answers[min(self.looked_up.count(host), len(answers)) - 1]


@dataclass
class Routes:
    """Leads what goes to PUBLIC to the host, what goes to DEAD nowhere, and the rest to the trap.

    `asked` are the URLs of all requests, with the addresses that they were sent to.
    """

    host: WebHost
    trap: Listener
    certificates: ssl.SSLContext
    asked: list[str] = field(default_factory=list)

    def open_transport(self) -> httpx2.AsyncBaseTransport:
        return _Rerouted(self)


class _Rerouted(httpx2.AsyncHTTPTransport):
    def __init__(self, routes: Routes) -> None:
        super().__init__(verify=routes.certificates, trust_env=False)
        self._routes = routes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._routes.asked.append(str(request.url))
        ports = {PUBLIC: self._routes.host.port, DEAD: 1}
        port = ports.get(request.url.host, self._routes.trap.port)
        request.url = request.url.copy_with(host="127.0.0.1", port=port)
        return await super().handle_async_request(request)


def web_images(
    routes: Routes, names: Names, *, seconds: float = 20.0, max_bytes: int = 50_000_000
) -> WebImages:
    """The adapter, which believes that it is in the internet."""
    return WebImages(
        look_up=names, open_transport=routes.open_transport, seconds=seconds, max_bytes=max_bytes
    )


async def refusal(images: WebImages, url: str = URL) -> str:
    """Why the URL is refused; the error that the caller gets has nothing of an answer."""
    with pytest.raises(UnreadableImage) as raised:
        await images.open(url)
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in f"{shown} {raised.value.hint}"
    return raised.value.message
