"""Examples in the help of commands, and the text that a terminal gets without a command."""

from collections.abc import Callable
from inspect import cleandoc
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

WELCOME = """\
gpt-image generates and edits images with OpenAI's GPT Image models.

  gpt-image generate "a lighthouse at dusk" -o lighthouse.png
  gpt-image edit "make the sky green" -i last --open
  gpt-image images list
  gpt-image --help

Without OPENAI_API_KEY or GEMINI_API_KEY it draws offline sketches, free of charge.
MCP hosts start this command themselves. To serve MCP by hand, run: gpt-image stdio"""
"""What `gpt-image` prints if a person runs it; an MCP host has no terminal."""


def examples(*lines: str) -> Callable[[F], F]:
    """Add examples to the help of a command; each line is shown as it is."""

    def decorate(function: F) -> F:
        # "\b" is how Click marks a paragraph that keeps its line breaks.
        shown = "\n".join(["\b", " ", "Examples:", *(f"  {line}" for line in lines)])
        function.__doc__ = f"{cleandoc(function.__doc__ or '')}\n\n{shown}"
        return function

    return decorate
