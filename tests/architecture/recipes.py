"""The pages of docs/extend as changes to the checkout: the files that they print, and the edits.

A block of Python or TOML whose first line is a comment with a path is that file. A diff block names
its file after `---`; each `@@` begins an edit, and its lines are found wherever the file has them.

Following a page keeps the tests green: a page whose files exist is not followed again, an edit that
is in place is not made again, and an edit quotes few lines, so that it fits beside other additions.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.checkout import ROOT, git_files
from tests.architecture.documents import blocks

EXTEND = ROOT / "docs" / "extend"
PLUGIN_PAGES = [EXTEND / "plugins.md", EXTEND / "write-a-plugin.md"]
"""Those that change no checkout: a plugin is a package of its own."""
PAGES = sorted(set(EXTEND.glob("*.md")) - set(PLUGIN_PAGES))
FILE = re.compile(r"# (?P<path>[\w./-]+\.(?:py|toml))\n")
EDIT = re.compile(r"^@@.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """Lines of a file, and what replaces them."""

    path: str
    before: str
    after: str

    def apply(self, root: Path) -> None:
        """Replace the lines, unless the file has the edit already.

        Raises ValueError unless the file has the lines exactly once.
        """
        file = root / self.path
        text = file.read_text("utf-8")
        if self.after and f"\n{self.after}" in f"\n{text}":
            return
        lines = re.compile(f"^{re.escape(self.before)}", re.MULTILINE)
        text, times = lines.subn(lambda _: self.after, text)
        if times != 1:
            raise ValueError(
                f"{self.path} has {times} of these lines, not 1. If they changed on purpose, "
                f"change the page in docs/extend too:\n{self.before}"
            )
        file.write_text(text, encoding="utf-8")


def new_files(page: Path) -> dict[str, str]:
    """The files that the page prints, by their paths; raise ValueError for a block without one."""
    files: dict[str, str] = {}
    for block in blocks(page, "python", "toml"):
        found = FILE.match(block.text)
        if found is None or found["path"] in files:
            raise ValueError(
                f"{page.name}:{block.line} names no file, or one that is there already"
            )
        files[found["path"]] = block.text[found.end() :]
    return files


def edits(page: Path) -> list[Edit]:
    """The edits that the page prints, in its order."""
    return [
        Edit(path.removeprefix("--- ").strip(), _side(lines, "-"), _side(lines, "+"))
        for path, *hunks in (EDIT.split(block.text) for block in blocks(page, "diff"))
        for lines in hunks
    ]


def _side(hunk: str, sign: str) -> str:
    """The lines of an edit before it (`-`) or after it (`+`)."""
    lines = (line if line.strip() else f" {line}" for line in hunk.splitlines(keepends=True))
    return "".join(line[1:] for line in lines if line[0] in (" ", sign))


def copy_checkout(folder: Path) -> None:
    """Copy every file that git keeps."""
    for file in git_files():
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)


def is_followed(page: Path) -> bool:
    """Whether this checkout has a file that the page prints, because the page was followed here."""
    return any((ROOT / path).exists() for path in new_files(page))


def follow(page: Path, root: Path) -> list[str]:
    """Change the checkout at `root` as the page says; return the tests that the page adds."""
    files = new_files(page)
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text, encoding="utf-8")
    for edit in edits(page):
        edit.apply(root)
    return [path for path in files if path.startswith("tests/")]


def run(root: Path, *command: str, **settings: str) -> str:
    """The output of a Python module that must succeed in this checkout, with these settings."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={"HOME": str(root / "home"), "PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
