"""Markdown documents as these tests read them: their fenced blocks, and the commands in those."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

from tests.architecture.checkout import ROOT

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)```(?P<language>[\w-]+)[^\n]*\n(?P<text>.*?)^(?P=indent)```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
SHELL = ("sh", "bash", "shell", "console")
ASSIGNMENT = re.compile(r"^\w+=")
RUNNERS = {"env", "exec", "pipx", "run", "sudo", "tool", "uv", "uvx"}
ENDS = re.compile(r"^(?:[|;&]+|\d?[<>]+&?\d?)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its text without the indent, and the line on which the text starts."""

    text: str
    line: int


def documents(root: Path = ROOT) -> list[Path]:
    """The README, CONTRIBUTING, the examples' README, and all documents in docs/."""
    first = [root / "README.md", root / "CONTRIBUTING.md", root / "examples" / "README.md"]
    return [*first, *sorted((root / "docs").rglob("*.md"))]


def blocks(document: Path, *languages: str) -> list[Block]:
    """The document's blocks in any of those languages."""
    text = document.read_text("utf-8")
    return [
        Block(dedent(found["text"]), text.count("\n", 0, found.start("text")) + 1)
        for found in FENCE.finditer(text)
        if found["language"] in languages
    ]


def commands(document: Path) -> Iterator[list[str]]:
    """The words of every command that the document's shell blocks show.

    Without assignments and runners before it (`PROVIDER=sketch`, `uvx`, `host add x --`), and
    without redirections. In a block with prompts, only the lines with a prompt count.
    """
    for block in blocks(document, *SHELL):
        lines = re.sub(r"\\\n\s*", " ", block.text).splitlines()
        prompted = [line.lstrip()[2:] for line in lines if line.lstrip().startswith("$ ")]
        for line in prompted or lines:
            yield from _simple_commands(line)


def _simple_commands(line: str) -> Iterator[list[str]]:
    words = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    words.whitespace_split = True
    rest = list(words)
    while rest:
        command = list(takewhile(lambda word: not ENDS.match(word), rest))
        rest = rest[len(command) + 1 :]
        if "--" in command:
            command = command[command.index("--") + 1 :]
        while command and (ASSIGNMENT.match(command[0]) or command[0] in RUNNERS):
            command = command[1:]
        if command:
            yield [command[0].rpartition("/")[2], *command[1:]]
