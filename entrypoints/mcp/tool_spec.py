"""What a tool is: what clients read about it, and the function that answers its calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult, Tool, ToolAnnotations
from msgspec import Struct

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.wire.json_schema import json_schema, outline
from entrypoints.wire.parsing import parse

A = TypeVar("A", bound=Struct)

GENERATES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
DELETES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec(Generic[A]):
    """One tool. `input` and `output` are the structs that its schemas are made from.

    `handle` may raise any ImageServiceError; the server turns it into an error result.
    """

    name: str
    title: str
    description: str
    input: type[A]
    output: type[Struct] | None = None
    annotations: ToolAnnotations
    handle: Callable[[ToolCall, A], Awaitable[CallToolResult]]
    read: Callable[[ToolCall, Mapping[str, Any]], Awaitable[A]] | None = None
    """Reads the arguments where that takes more than their struct."""

    def describe(self) -> Tool:
        """The tool's entry in `tools/list`.

        Hosts show no output schema to a model, and the list has a limit, so its outline is sent.
        """
        output = None if self.output is None else outline(json_schema(self.output))
        return Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=json_schema(self.input),
            output_schema=output,
            annotations=self.annotations,
        )

    async def answer(self, call: ToolCall, arguments: Mapping[str, Any]) -> CallToolResult:
        """Check the arguments and handle the call; raise InvalidRequest or what `handle` raises."""
        if self.read is None:
            return await self.handle(call, parse(self.input, arguments))
        return await self.handle(call, await self.read(call, arguments))
