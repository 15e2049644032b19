"""An MCP host that starts the server as a process and records its whole output."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Message = dict[str, Any]
Wanted = Callable[[Message], object]
TIMEOUT = 20.0
"""Seconds after which a test fails; no test depends on it."""
SERVER = str(Path(sys.executable).with_name("mcp-server-gpt-image"))
INITIALIZE: Message = {
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def to_lines(*messages: Message) -> bytes:
    """JSON-RPC messages as lines of a stdio transport."""
    return b"".join(json.dumps({"jsonrpc": "2.0", **each}).encode() + b"\n" for each in messages)


def text_of(response: Message) -> str:
    """The first text of a tool result."""
    text: str = response["result"]["content"][0]["text"]
    return text


class Host:
    """Sends raw JSON-RPC to a stdio server started in `/`; its protocol version has a handshake."""

    def __init__(self, environment: Mapping[str, str], command: str = SERVER) -> None:
        self.process = subprocess.Popen(
            [command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=dict(environment),
        )
        self.lines: list[bytes] = []
        self.errors = b""
        self._changed = threading.Condition()
        self._ended = False
        self._threads = [threading.Thread(target=read) for read in (self._read, self._read_errors)]
        self._number = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def initialize(self) -> Message:
        """Initialize the session; return the server's response."""
        response = self.request("initialize", INITIALIZE["params"])
        self.notify("notifications/initialized")
        return response

    def send(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """Send a request without waiting; return its id."""
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params or {}})
        return self._number

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification."""
        self._write({"method": method, "params": params or {}})

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Message:
        """Send a request and wait for its response."""
        return self.response(self.send(method, params))

    def call(self, tool: str, arguments: Mapping[str, Any], token: str | None = None) -> int:
        """Call a tool without waiting; return the request's id."""
        meta = {} if token is None else {"_meta": {"progressToken": token}}
        return self.send("tools/call", {"name": tool, "arguments": arguments, **meta})

    def response(self, number: int, timeout: float = TIMEOUT) -> Message:
        """Wait for the response to a request."""
        return self.wait_for(lambda message: message.get("id") == number, timeout)

    def wait_for(self, wanted: Wanted, timeout: float = TIMEOUT) -> Message:
        """Wait for the first message that matches, including those already received."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._find(wanted) or self._ended, timeout)
        message = self._find(wanted)
        assert found, f"no such message within {timeout} s: {self.lines!r}"
        assert message, f"the server exited without it: {self.lines!r} {self.errors!r}"
        return message

    def messages(self) -> list[Message]:
        """All messages, parsed. Any other output on stdout raises an error."""
        return [json.loads(line) for line in self.lines]

    def close_input(self) -> None:
        """Close the server's standard input, as an exiting host does."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait_for_exit(self, timeout: float = TIMEOUT) -> int:
        """Wait until the process has ended; return its exit code."""
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join()
        return code

    def terminate(self) -> None:
        """Send SIGTERM; the input stays open."""
        self.process.send_signal(signal.SIGTERM)

    def _write(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def _find(self, wanted: Wanted) -> Message | None:
        return next((message for message in self.messages() if wanted(message)), None)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()
