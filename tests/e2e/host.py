"""An MCP host that starts the server as a process and keeps every byte that it says."""

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
PATIENCE = 20.0
SERVER = str(Path(sys.executable).with_name("mcp-server-gpt-image"))
HANDSHAKE: Message = {
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def as_lines(*messages: Message) -> bytes:
    """JSON-RPC messages as they go over a pipe."""
    return b"".join(json.dumps({"jsonrpc": "2.0", **each}).encode() + b"\n" for each in messages)


def text_of(answer: Message) -> str:
    """The text of a tool's result."""
    text: str = answer["result"]["content"][0]["text"]
    return text


class Host:
    """Speaks raw JSON-RPC of the handshake era over the pipes of a server started in `/`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=dict(environment),
        )
        self.lines: list[bytes] = []
        self.errors = b""
        self._news = threading.Condition()
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
        """Shake hands; return the server's answer."""
        answer = self.ask("initialize", HANDSHAKE["params"])
        self.tell("notifications/initialized")
        return answer

    def send(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """Ask without waiting; return the request's id."""
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params or {}})
        return self._number

    def tell(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification."""
        self._write({"method": method, "params": params or {}})

    def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Message:
        """Ask and wait for the answer."""
        return self.answer(self.send(method, params))

    def call(self, tool: str, arguments: Mapping[str, Any], token: str | None = None) -> int:
        """Call a tool without waiting; return the request's id."""
        meta = {} if token is None else {"_meta": {"progressToken": token}}
        return self.send("tools/call", {"name": tool, "arguments": arguments, **meta})

    def answer(self, number: int, patience: float = PATIENCE) -> Message:
        """Wait for the answer to a request."""
        return self.wait(lambda message: message.get("id") == number, patience)

    def wait(self, wanted: Wanted, patience: float = PATIENCE) -> Message:
        """Wait for the first message that is wanted, also among those that came before."""
        with self._news:
            found = self._news.wait_for(lambda: self._find(wanted) or self._ended, patience)
        message = self._find(wanted)
        assert found, f"nothing of the kind within {patience} s: {self.lines!r}"
        assert message, f"the server ended without it: {self.lines!r} {self.errors!r}"
        return message

    def messages(self) -> list[Message]:
        """Everything the server said, parsed; any other byte on stdout is an error here."""
        return [json.loads(line) for line in self.lines]

    def close_input(self) -> None:
        """End the server's standard input, as a host does that goes away."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self, patience: float = PATIENCE) -> int:
        """Wait for the process to end; return its exit code."""
        code = self.process.wait(patience)
        for thread in self._threads:
            thread.join()
        return code

    def terminate(self) -> None:
        """Send SIGTERM, with the input left open."""
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
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()
