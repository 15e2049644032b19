"""Every Python block in the documents runs: as a file, in a copy of the checkout.

So they are all in docs/extend, whose pages print whole files and their tests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.documents import blocks, documents
from tests.architecture.recipes import PAGES, Edit, copy_checkout, edits, follow, new_files
from tests.architecture.test_import_contracts import verdicts

CHECKS = (
    "tests/architecture/test_module_names.py",
    "tests/architecture/test_sizes.py",
    "tests/unit/test_docs.py::test_every_setting_is_described",
    "tests/unit/test_docs.py::test_no_setting_is_described_that_does_not_exist",
    "tests/unit/test_swap.py",
)
"""Tests of the checkout that a page's change may break."""


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


def test_a_python_block_is_in_a_page_that_is_run() -> None:
    elsewhere = [document for document in documents() if document not in PAGES]
    assert [document for document in elsewhere if blocks(document, "python")] == []
    assert PAGES


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_prints_passes_its_tests_and_the_checks(page: Path, tmp_path: Path) -> None:
    copy_checkout(tmp_path)
    added = follow(page, tmp_path)
    changed = [*new_files(page), *(edit.path for edit in edits(page))]
    code = [path for path in changed if path.endswith(".py")]
    run(tmp_path, "ruff", "check", "--no-cache", *code)
    run(tmp_path, "ruff", "format", "--no-cache", "--check", *code)
    run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *added, *CHECKS)
    assert set(verdicts(tmp_path).values()) == {"KEPT"}


def test_the_provider_of_the_page_is_chosen_by_its_setting(tmp_path: Path) -> None:
    (page,) = (page for page in PAGES if page.stem == "write-a-provider")
    copy_checkout(tmp_path)
    follow(page, tmp_path)
    folders = {"OUTPUT_DIR": "images", "DATA_DIR": "records", "CACHE_DIR": "cache"}
    command = ("entrypoints", "generate", "a red wall", "--json")
    result = json.loads(run(tmp_path, *command, PROVIDER="flat", **folders))
    assert result["model"] == "flat-1"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_a_page_is_its_files_and_its_edits(page: Path) -> None:
    page.write_text(
        "```python\n# tests/test_a.py\nx = 1\n```\n\n"
        "```diff\n--- b.py\n@@\n one\n-two\n+three\n@@ def f() -> None:\n+six\n five\n```\n",
        encoding="utf-8",
    )
    (page.parent / "b.py").write_text("one\ntwo\nfive\n", encoding="utf-8")
    assert follow(page, page.parent) == ["tests/test_a.py"]
    assert (page.parent / "tests" / "test_a.py").read_text("utf-8") == "x = 1\n"
    assert (page.parent / "b.py").read_text("utf-8") == "one\nthree\nsix\nfive\n"


def test_a_page_whose_test_fails_is_found(page: Path) -> None:
    page.write_text(
        "```python\n# tests/test_a.py\ndef test_a() -> None:\n    assert 1 == 2\n```\n",
        encoding="utf-8",
    )
    added = follow(page, page.parent)
    with pytest.raises(AssertionError, match="assert 1 == 2"):
        run(page.parent, "pytest", "-q", "-p", "no:cacheprovider", *added)


@pytest.mark.parametrize("text", ["two\n", "one\none\n"])
def test_an_edit_that_does_not_fit_one_place_fails(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"b\.py has \d of these lines, not 1"):
        Edit("b.py", "one\n", "six\n").apply(tmp_path)


@pytest.mark.parametrize("text", ["x = 1\n", "# a.py\n```\n\n```python\n# a.py\n"])
def test_a_block_that_names_no_new_file_fails(page: Path, text: str) -> None:
    page.write_text(f"```python\n{text}```\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md:\d+ "):
        new_files(page)
