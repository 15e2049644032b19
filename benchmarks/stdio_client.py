"""A client that talks raw JSON-RPC to a server process over its pipes, for any MCP server."""

import json
import resource
import subprocess
from collections.abc import Mapping, Sequence
from threading import Timer
from time import perf_counter
from typing import Any, Self

from benchmarks.rig import prompt

Message = dict[str, Any]
TIMEOUT = 60.0
"""Seconds after which a hanging server is killed, which raises EOFError in the caller."""
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmarks", "version": "1"},
}


class StdioServer:
    """A server process, spawned in `/` and killed at the end of the `with` block.

    Afterwards `cpu` is its CPU time in ms, including its start.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._cpu_before = _cpu_of_children()
        self._spawned = perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - ours, or the bare server
            command,
            cwd="/",
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self.cpu = _cpu_of_children() - self._cpu_before

    def list_tools(self) -> float:
        """Initialize and list the tools; return the ms since the process was spawned."""
        self.request("initialize", HELLO)
        self._write({"method": "notifications/initialized"})
        self.request("tools/list", {})
        return (perf_counter() - self._spawned) * 1000

    def first_image(self) -> float:
        """Initialize and generate an image at once; return the ms since the process was spawned."""
        self.request("initialize", HELLO)
        self._write({"method": "notifications/initialized"})
        self.generate_image()
        return (perf_counter() - self._spawned) * 1000

    def generate_image(self) -> float:
        """Call generate_image for a new 1024x1024 image; return the ms to the parsed reply."""
        start = perf_counter()
        call = {"name": "generate_image", "arguments": {"prompt": prompt()}}
        reply = self.request("tools/call", call)
        elapsed = (perf_counter() - start) * 1000
        assert "result" in reply, reply
        assert not reply["result"].get("isError"), reply["result"]["content"][0]
        return elapsed

    def request(self, method: str, params: Mapping[str, Any]) -> Message:
        """Send a request and wait for its reply; raise EOFError if the server ends first."""
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params})
        watchdog = Timer(TIMEOUT, self._process.kill)
        watchdog.start()
        try:
            return self._read_reply()
        finally:
            watchdog.cancel()

    def _read_reply(self) -> Message:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith(b"{"):  # the older server logs to standard output as well
                continue
            message: Message = json.loads(line)
            if message.get("id") == self._number:
                return message
        raise EOFError(f"the server ended without answering request {self._number}")

    def _write(self, message: Message) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000
