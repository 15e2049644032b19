"""The folders that an MCP client names as its roots. It is asked once, when a file needs them."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

Context = ServerRequestContext[Any, Any]
QUESTION = "roots"
"""The name of the question in a result that asks for input."""
SECONDS = 5.0
"""The longest wait for an answer within a call."""
_context: ContextVar[Context | None] = ContextVar("context", default=None)


class RootsRequired(Exception):
    """The client must answer ROOTS_REQUIRED and repeat the call: it takes no request within it."""


ROOTS_REQUIRED = InputRequiredResult(input_requests={QUESTION: ListRootsRequest()})


class ClientRoots:
    """The roots of the one client of this process.

    A client with a handshake is asked within the call. A later one is asked by the call's result,
    and repeats the call with the answer.
    """

    def __init__(self) -> None:
        self._uris: Sequence[str] | None = None

    def begin_call(self, context: Context, params: CallToolRequestParams) -> None:
        """Note whom to ask within this call, and take the answer that the client sent with it."""
        _context.set(context)
        answer = (params.input_responses or {}).get(QUESTION)
        if answer is not None:
            self._uris = _uris(answer)

    async def __call__(self) -> Sequence[str]:
        """Return the roots as file: URLs; none if the client has none, or does not answer.

        Raises RootsRequired if the call must be repeated.
        """
        if self._uris is None:
            self._uris = await _ask(_context.get())
        return self._uris


async def _ask(context: Context | None) -> Sequence[str]:
    capabilities = context.session.client_capabilities if context else None
    if context is None or capabilities is None or capabilities.roots is None:
        return ()
    if context.session.protocol_version in MODERN_PROTOCOL_VERSIONS:
        raise RootsRequired
    try:
        return _uris(
            await context.session.send_request(
                ListRootsRequest(), ListRootsResult, request_read_timeout_seconds=SECONDS
            )
        )
    except (MCPError, ValueError):  # ValueError: an answer that is no list of roots
        return ()


def _uris(answer: object) -> Sequence[str]:
    return [str(root.uri) for root in answer.roots] if isinstance(answer, ListRootsResult) else ()
