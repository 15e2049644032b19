"""What a cached answer costs over `/mcp`, beside the SDK that has the answer ready."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any, Self

from benchmarks.measure import Line, Watch, interleaved
from benchmarks.pipes import HELLO
from benchmarks.rig import ROOT, Rig, prompt
from benchmarks.serving import PATIENCE, SERVER, free_port, started

REPEATS = 10
MODERN = "2026-07-28"
JSON = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
}
PHOTOGRAPH = {"format": "jpeg", "output_compression": 97}
"""What the stand-in then sends has the bytes that a preview of a photograph has."""
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": HELLO["clientInfo"],
    "io.modelcontextprotocol/clientCapabilities": {},
}
GOAL = 1.25
"""0.8 times as many answers in the same time."""


def mcp_http_lines(rig: Rig, rounds: int) -> list[Line]:
    """A cached generate_image in both eras, asked for by one client, one call after the other."""
    with ExitStack() as stack:
        ours = stack.enter_context(_ours(rig))
        call = {"name": "generate_image", "arguments": {"prompt": prompt(), **PHOTOGRAPH}}
        stack.enter_context(Handshaken(ours, call)).answers(1)  # paints it
        answer = stack.enter_context(Modern(ours, call)).asked()
        bare = stack.enter_context(_bare(rig, _result(answer)))
        sides = [
            (f"{name} {kind.__name__}", stack.enter_context(kind(port, call)))
            for kind in (Handshaken, Modern)
            for name, port in (("ours", ours), ("bare", bare))
        ]
        taken = interleaved(
            rounds,
            *(
                lambda name=name, client=client: {name: client.answers(REPEATS)}
                for name, client in sides
            ),
        )
    return [
        Line(
            name=f"cached, over /mcp, {HELLO['protocolVersion']}",
            ours=taken["ours Handshaken"],
            against="a handler that has it",
            base=taken["bare Handshaken"],
            goal=GOAL,
        ),
        Line(
            name=f"cached, over /mcp, {MODERN}",
            ours=taken["ours Modern"],
            against="a handler that has it",
            base=taken["bare Modern"],
            goal=GOAL,
        ),
    ]


class Modern:
    """A client that makes one call over and over; no session, no handshake."""

    def __init__(self, port: int, call: dict[str, Any]) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.headers = {
            **JSON,
            "mcp-protocol-version": MODERN,
            "mcp-method": "tools/call",
            "mcp-name": call["name"],
        }
        self._call = _message("tools/call", call | {"_meta": META})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def answers(self, number: int) -> float:
        """The ms that a call takes, of so many."""
        with Watch() as watch:
            for _ in range(number):
                answer = self.asked()
        assert b'"isError":true' not in answer, answer[:500]
        return watch.wall / number

    def asked(self) -> bytes:
        """The body of one answer."""
        return self.sent(self._call)

    def sent(self, body: bytes) -> bytes:
        """The answer to this body."""
        self._http.request("POST", "/mcp", body, self.headers)
        response = self._http.getresponse()
        answer = response.read()
        assert response.status < 300, answer
        if session := response.getheader("mcp-session-id"):
            self.headers["mcp-session-id"] = session
        return answer


class Handshaken(Modern):
    """A client of the handshake eras, in a session."""

    def __init__(self, port: int, call: dict[str, Any]) -> None:
        super().__init__(port, call)
        self.headers = {**JSON, "mcp-protocol-version": HELLO["protocolVersion"]}
        self._call = _message("tools/call", call)

    def __enter__(self) -> Self:
        self.sent(_message("initialize", HELLO))
        self.sent(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode())
        return self


def _message(method: str, params: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def _result(answer: bytes) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(answer)["result"]
    return {name: result[name] for name in ("content", "structuredContent", "isError")}


@contextmanager
def _ours(rig: Rig) -> Iterator[int]:
    """The installed command; its port."""
    port = free_port()
    environment = rig.environment | {"RATE_LIMIT": "0"}
    with started([SERVER, "http", "--port", str(port)], port, environment):
        yield port


@contextmanager
def _bare(rig: Rig, result: dict[str, Any]) -> Iterator[int]:
    """The bare server with this result; its port."""
    port, file = free_port(), rig.folder / "result.json"
    file.write_text(json.dumps(result), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.bare_http", str(port), str(file)]
    with started(command, port, rig.environment | {"PYTHONPATH": str(ROOT)}):
        yield port
