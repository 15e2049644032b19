"""Answers `completion/complete`: the values of an argument that begin as a person has typed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CompleteRequestParams, CompleteResult, Completion

from entrypoints.mcp.protocol_errors import protocol_errors
from entrypoints.mcp.transport_hooks import Context

Completer = Callable[[Context, CompleteRequestParams], Awaitable[Sequence[str]]]
"""Returns the values that suit, or MAX_VALUES + 1 of them if there are more.

Raises an ImageServiceError or MCPError for an unknown reference."""
MAX_VALUES = 100
"""Of the protocol."""


class CompletionHandler:
    """Asks the completer for the type of the reference: `ref/resource` or `ref/prompt`."""

    def __init__(self, completers: Mapping[str, Completer]) -> None:
        self._completers = completers

    async def complete(self, context: Context, params: CompleteRequestParams) -> CompleteResult:
        completer = self._completers.get(params.ref.type)
        if completer is None:
            known = ", ".join(self._completers)
            message = f"Nothing of type {params.ref.type} is completed. Known types: {known}."
            raise MCPError(INVALID_PARAMS, message)
        with protocol_errors():
            values = await completer(context, params)
        more = len(values) > MAX_VALUES
        total = None if more else len(values)
        found = Completion(values=[*values[:MAX_VALUES]], total=total, has_more=more)
        return CompleteResult(completion=found)
