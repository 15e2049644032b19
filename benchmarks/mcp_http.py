"""What a cached result costs over `/mcp`, compared with an SDK handler that has it ready."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any, Self

from benchmarks.image_serving import TIMEOUT, free_port, start_server
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import ROOT, Rig, prompt
from benchmarks.stdio_client import HELLO

REPEATS = 10
MODERN = "2026-07-28"
JSON = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
}
SIZES = {"100 kB": 86, "400 kB": 97}
"""The compression that makes the stand-in's JPEG so large in base64; a preview has 100 kB."""
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": HELLO["clientInfo"],
    "io.modelcontextprotocol/clientCapabilities": {},
}
GOALS = {("100 kB", HELLO["protocolVersion"]): 1.25, ("100 kB", MODERN): 1.5}
BARE = "a handler that has it"


def mcp_http_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """A cached generate_image in both eras of the protocol, called sequentially by one client."""
    for size, compression in SIZES.items():
        chosen = {"format": "jpeg", "output_compression": compression}
        times = _time_eras(rig, rounds, {"prompt": prompt(), **chosen})
        for era, client in ((HELLO["protocolVersion"], SessionClient), (MODERN, SessionlessClient)):
            yield Line(
                name=f"cached, {size} over /mcp, {era}",
                ours=times[f"ours {client.__name__}"],
                against=BARE,
                base=times[f"bare {client.__name__}"],
                goal=GOALS.get((size, str(era))),
            )


def _time_eras(rig: Rig, rounds: int, arguments: dict[str, Any]) -> dict[str, list[float]]:
    call = {"name": "generate_image", "arguments": arguments}
    with ExitStack() as stack:
        ours = stack.enter_context(_ours(rig))
        stack.enter_context(SessionClient(ours, call)).time_calls(1)  # generates the image
        reply = stack.enter_context(SessionlessClient(ours, call)).call()
        bare = stack.enter_context(_bare(rig, _result(reply)))
        sides = [
            (f"{name} {kind.__name__}", stack.enter_context(kind(port, call)))
            for kind in (SessionClient, SessionlessClient)
            for name, port in (("ours", ours), ("bare", bare))
        ]
        return interleave(
            rounds,
            *(
                lambda name=name, client=client: {name: client.time_calls(REPEATS)}
                for name, client in sides
            ),
        )


class SessionlessClient:
    """A client that repeats one call, without a session or a handshake."""

    def __init__(self, port: int, call: dict[str, Any]) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.headers = {
            **JSON,
            "mcp-protocol-version": MODERN,
            "mcp-method": "tools/call",
            "mcp-name": call["name"],
        }
        self._call = message("tools/call", call | {"_meta": META})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def time_calls(self, number: int) -> float:
        """The ms of one call, as the mean of this many."""
        with Stopwatch() as watch:
            for _ in range(number):
                reply = self.call()
        assert b'"isError":true' not in reply, reply[:500]
        return watch.wall / number

    def call(self) -> bytes:
        """The body of one reply."""
        return self.send(self._call)

    def send(self, body: bytes) -> bytes:
        """The reply to this body."""
        self._http.request("POST", "/mcp", body, self.headers)
        response = self._http.getresponse()
        reply = response.read()
        assert response.status < 300, reply
        if session := response.getheader("mcp-session-id"):
            self.headers |= {"mcp-session-id": session, "x-session-id": session}
        return reply


class SessionClient(SessionlessClient):
    """A client of the era with a handshake and sessions.

    The older server speaks an earlier version, and looks for the session in a header of its own.
    """

    def __init__(self, port: int, call: dict[str, Any]) -> None:
        super().__init__(port, call)
        self.headers = {**JSON, "mcp-protocol-version": HELLO["protocolVersion"]}
        self._call = message("tools/call", call)

    def __enter__(self) -> Self:
        hello = self.send(message("initialize", HELLO))
        agreed = re.search(rb'"protocolVersion":"([\d-]+)"', hello)
        assert agreed, hello
        self.headers["mcp-protocol-version"] = agreed[1].decode()
        self.send(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode())
        return self


def message(method: str, params: dict[str, Any]) -> bytes:
    """A request of JSON-RPC."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def _result(reply: bytes) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(reply)["result"]
    return {name: result[name] for name in ("content", "structuredContent", "isError")}


@contextmanager
def _ours(rig: Rig) -> Iterator[int]:
    """The installed command; its port."""
    port = free_port()
    environment = rig.environment | {"RATE_LIMIT": "0"}
    with start_server([rig.server, "http", "--port", str(port)], port, environment):
        yield port


@contextmanager
def _bare(rig: Rig, result: dict[str, Any]) -> Iterator[int]:
    """The bare server with this result; its port."""
    port, file = free_port(), rig.folder / "result.json"
    file.write_text(json.dumps(result), encoding="utf-8")
    command = [rig.python, "-m", "benchmarks.bare_http", str(port), str(file)]
    with start_server(command, port, rig.environment | {"PYTHONPATH": str(ROOT)}):
        yield port
