"""The four doors, each asked in the same words."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from tests.chaos.calls import HttpCall, LookedAt, Outcome, outcome_of
from tests.chaos.waiting import until
from tests.e2e.host import Host

Arguments = dict[str, Any]
MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "chaos", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
WEB_DOORS = ("images", "stream", "mcp")
DOORS = (*WEB_DOORS, "stdio")
SMALL = {"size": "auto"}
"""What tiny pictures are no fault for."""


class Call(Protocol):
    """A call under way."""

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Read until what came is as wanted."""

    def leave(self) -> None:
        """Go away, as a client of this door does."""

    def outcome(self) -> Outcome:
        """Wait for its end."""


class WebDoor:
    """One of WEB_DOORS of the server on that port."""

    def __init__(self, name: str, port: int, looked_at: LookedAt) -> None:
        self.name = name
        self._port = port
        self._looked_at = looked_at

    def begin(self, arguments: Arguments, *, sent: float = 1.0, **headers: str) -> HttpCall:
        """Send that share of the request's body. Names of headers have `_` for `-`."""
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
        return HttpCall(self._port, path, body, more, self._looked_at, sent=sent)

    def ask(self, arguments: Arguments, **headers: str) -> Outcome:
        """Send the request, and wait for the end."""
        return self.begin(arguments, sent=1.0, **headers).outcome()


class PipeCall:
    """A call over the pipes of a host."""

    def __init__(self, host: Host, number: int) -> None:
        self._host = host
        self._number = number
        self._begun = monotonic()

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Wait until all that the server has said is as wanted."""
        until(lambda: wanted(b"".join(self._host.lines)), "the host is told")

    def leave(self) -> None:
        """Cancel the call."""
        self._host.tell("notifications/cancelled", {"requestId": self._number, "reason": "bored"})

    def outcome(self) -> Outcome:
        """Wait for the answer."""
        answer = self._host.answer(self._number)
        return outcome_of(answer, 200, monotonic() - self._begun)


class PipeDoor:
    """The door of a host that has shaken hands."""

    name = "stdio"

    def __init__(self, host: Host) -> None:
        self._host = host

    def begin(self, arguments: Arguments) -> PipeCall:
        """Call the tool."""
        return PipeCall(self._host, self._host.call(tool_for(arguments), arguments, token="p"))

    def ask(self, arguments: Arguments) -> Outcome:
        """Call the tool, and wait for its result."""
        return self.begin(arguments).outcome()


AnyDoor = WebDoor | PipeDoor


def tool_for(arguments: Arguments) -> str:
    """The tool that takes these arguments."""
    return "edit_image" if "images" in arguments else "generate_image"
