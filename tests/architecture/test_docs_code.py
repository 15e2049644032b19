"""Every Python block in the documents runs, in its document's order, offline and without a key."""

import ast
import asyncio
import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks, documents

DOCUMENTS = [document for document in documents() if blocks(document, "python")]


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder with the sketch provider and nobody's key."""
    for name in os.environ:
        if name.startswith("OPENAI_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PROVIDER", "sketch")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_blocks(document: Path) -> dict[str, Any]:
    """Run the document's blocks in one namespace and one event loop; return the namespace.

    A block may await at its top level. Tracebacks name the document's own lines.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in blocks(document, "python"):
            source = "\n" * (block.line - 1) + block.text
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(source, str(document), "exec", flags=flags, dont_inherit=True)
            result = eval(code, names)  # noqa: S307 - our own documents, which readers run too
            if inspect.iscoroutine(result):
                runner.run(result)
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_python_blocks_of_a_document_run(document: Path) -> None:
    run_blocks(document)


def test_blocks_share_their_names_and_may_await(away: Path) -> None:
    document = away / "planted.md"
    document.write_text(
        "```python\nimport asyncio\nx = 1\n```\n\n"
        "```text\nx = 5\n```\n\n"
        "1. await\n\n   ```python\n   await asyncio.sleep(0)\n   x += 1\n   ```\n"
        "```python\nasync def f() -> int:\n    return x\n\ny = await f()\n```\n",
        encoding="utf-8",
    )
    names = run_blocks(document)
    assert (names["x"], names["y"]) == (2, 2)


def test_a_broken_block_fails_on_its_own_line(away: Path) -> None:
    document = away / "planted.md"
    document.write_text("# Planted\n\n```python\nx = 1\nx / 0\n```\n", encoding="utf-8")
    with pytest.raises(ZeroDivisionError) as raised:
        run_blocks(document)
    assert (raised.traceback[-1].path, raised.traceback[-1].lineno) == (document, 4)
