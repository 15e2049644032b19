"""The checkout as these tests read it: its files, its packages, and pyproject.toml."""

import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "adapters", "entrypoints")
BINARY = {".gif", ".ico", ".jpeg", ".jpg", ".png", ".webp"}


def python_files(root: Path, *folders: str) -> Iterator[Path]:
    """Every Python file in these folders of `root`, in a stable order, but none of npm's."""
    for folder in folders:
        files = sorted((root / folder).rglob("*.py"))
        yield from (file for file in files if "node_modules" not in file.parts)


@cache
def git_files() -> tuple[Path, ...]:
    """The files that git tracks, and those that it would track if they were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = (ROOT / name for name in sorted(set(listed.split("\0")) - {""}))
    return tuple(file for file in files if file.is_file())


def text_files() -> list[Path]:
    """The text files of `git_files`."""
    return [file for file in git_files() if file.suffix not in BINARY]


def project() -> dict[str, Any]:
    """The content of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
