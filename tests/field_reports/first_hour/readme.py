"""The lines of the README that a newcomer copies."""

import json
from typing import Any

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks, commands

README = ROOT / "README.md"
OURS = "http://127.0.0.1:3000"


def readme_commands(*start: str) -> list[list[str]]:
    """The words of every command in the README that begins like this."""
    found = [each for each in commands(README) if each[: len(start)] == [*start]]
    assert found, start
    return found


def server_config() -> dict[str, Any]:
    """How the README configures the server in Claude Desktop."""
    (block,) = blocks(README, "json")
    (server,) = json.loads(block.text)["mcpServers"].values()
    return dict(server)


def at(url: str, words: list[str]) -> list[str]:
    """The arguments of a command of the README, for the server at this URL."""
    return [word.replace(OURS, url) for word in words[1:]]
