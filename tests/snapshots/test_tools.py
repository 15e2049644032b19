"""Models depend on the words of the tools: each change of them is reviewed here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mcp_types import ListToolsResult
from pydantic import BaseModel
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from entrypoints.mcp.tools import TOOLS

DESCRIBED = [tool.describe() for tool in TOOLS]
MAX_BYTES = 14_000
"""Of the whole list: hosts put it into every conversation."""


@pytest.mark.parametrize("tool", DESCRIBED, ids=lambda tool: tool.name)
def test_a_tool_is_as_it_was_reviewed(tool: Any, snapshot: SnapshotAssertion) -> None:  # noqa: ANN401 - the SDK's Tool
    seen = tool.model_dump(by_alias=True, exclude_none=True)
    assert seen == snapshot.use_extension(JSONSnapshotExtension)


def test_the_whole_list_is_small() -> None:
    """`-rP` shows the sizes, which this test prints."""
    sizes = {tool.name: size_of(tool) for tool in DESCRIBED}
    size = size_of(ListToolsResult(tools=DESCRIBED))
    free = MAX_BYTES - size
    print(f"tools/list: {size:,} bytes, {free:,} of {MAX_BYTES:,} are free. By tool: {sizes}")
    assert free >= 0


def size_of(message: BaseModel) -> int:
    """Bytes of this part of the list, as clients get it."""
    return len(message.model_dump_json(by_alias=True, exclude_none=True).encode())


def schemas(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """Every schema of an argument or a result, however deep."""
    if isinstance(node, dict):
        for value in node.get("properties", {}).values():
            yield value
            yield from schemas(value)
        yield from schemas(node.get("items"))


@pytest.mark.parametrize("tool", DESCRIBED, ids=lambda tool: tool.name)
def test_every_schema_stands_alone_and_every_argument_is_typed_and_described(tool: Any) -> None:  # noqa: ANN401 - the SDK's Tool
    text = json.dumps([tool.input_schema, tool.output_schema])
    assert "$ref" not in text
    assert "$defs" not in text
    assert tool.input_schema["additionalProperties"] is False
    for schema in (*schemas(tool.input_schema), *schemas(tool.output_schema)):
        assert "type" in schema, schema
    for argument in tool.input_schema["properties"].values():
        assert argument["description"]
    required = tool.input_schema.get("required", [])
    assert set(required) <= set(tool.input_schema["properties"])


@pytest.mark.parametrize("tool", DESCRIBED, ids=lambda tool: tool.name)
def test_every_tool_has_all_its_annotations(tool: Any) -> None:  # noqa: ANN401 - the SDK's Tool
    hints = tool.annotations.model_dump(exclude_none=True)
    assert set(hints) == {
        "read_only_hint",
        "destructive_hint",
        "idempotent_hint",
        "open_world_hint",
    }
