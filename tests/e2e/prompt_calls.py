"""What a preset's MCP prompt asks the model to call."""

import json
from typing import Any

from mcp_types import TextContent


def call_of(result: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - the SDK's GetPromptResult
    """The tool and the arguments that a prompt asks for."""
    (message,) = result.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    words, _, arguments = message.content.text.partition("\n\n")
    return words.split()[3], json.loads(arguments)
