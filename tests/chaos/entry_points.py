"""Clients of the four entry points; all take the same arguments."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from tests.chaos.calls import CheckSecrets, HttpCall, Outcome, to_outcome
from tests.chaos.waiting import wait_until
from tests.e2e.host import Host

Arguments = dict[str, Any]
MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "chaos", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
HTTP_ENTRY_POINTS = ("images", "stream", "mcp")
ENTRY_POINTS = (*HTTP_ENTRY_POINTS, "stdio")
SMALL = {"size": "auto"}
"""A size with which tiny images are no fault."""


class Call(Protocol):
    """A call in progress."""

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Read until the received bytes satisfy `wanted`."""

    def disconnect(self) -> None:
        """Hang up, or cancel the call where the connection is shared."""

    def outcome(self) -> Outcome:
        """Wait for the end."""


class HttpClient:
    """A client of one of HTTP_ENTRY_POINTS of the server on that port."""

    def __init__(self, name: str, port: int, check_secrets: CheckSecrets) -> None:
        self.name = name
        self._port = port
        self._check_secrets = check_secrets

    def start(self, arguments: Arguments, *, sent: float = 1.0, **headers: str) -> HttpCall:
        """Send that share of the request's body. Header names have `_` for `-`."""
        path = {"images": "/images?inline=true", "stream": "/mcp/stream", "mcp": "/mcp"}[self.name]
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        body = arguments
        if self.name == "mcp":
            tool = tool_for(arguments)
            more |= {
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": MODERN,
                "MCP-Method": "tools/call",
                "MCP-Name": tool,
            }
            params = {"name": tool, "arguments": arguments, "_meta": {**META, "progressToken": "p"}}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return HttpCall(self._port, path, body, more, self._check_secrets, sent=sent)

    def call(self, arguments: Arguments, **headers: str) -> Outcome:
        """Send the request and wait for its end."""
        return self.start(arguments, sent=1.0, **headers).outcome()


class StdioCall:
    """A tool call of a host over stdio."""

    def __init__(self, host: Host, number: int) -> None:
        self._host = host
        self._number = number
        self._started = monotonic()

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Wait until the server's output satisfies `wanted`."""
        wait_until(lambda: wanted(b"".join(self._host.lines)), "the host receives it")

    def disconnect(self) -> None:
        """Cancel the call."""
        self._host.notify("notifications/cancelled", {"requestId": self._number, "reason": "bored"})

    def outcome(self) -> Outcome:
        """Wait for the reply."""
        reply = self._host.response(self._number)
        return to_outcome(reply, 200, monotonic() - self._started)


class StdioClient:
    """The client of a host whose session is initialized."""

    name = "stdio"

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, arguments: Arguments) -> StdioCall:
        """Start the tool call."""
        return StdioCall(self._host, self._host.call(tool_for(arguments), arguments, token="p"))

    def call(self, arguments: Arguments) -> Outcome:
        """Call the tool and wait for its result."""
        return self.start(arguments).outcome()


AnyClient = HttpClient | StdioClient


def tool_for(arguments: Arguments) -> str:
    """The tool for these arguments."""
    return "edit_image" if "images" in arguments else "generate_image"
