"""Every Python block in the documents runs.

Those in docs/extend are whole files and their tests, which run in a copy of the checkout; those of
plugins run in test_plugin_packages.py, and those in docs/openai-clients.md in
tests/e2e/test_openai_docs.py.
"""

import shutil
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks, documents
from tests.architecture.recipes import (
    PAGES,
    PLUGIN_PAGES,
    Edit,
    copy_checkout,
    edits,
    follow,
    is_followed,
    new_files,
    run,
)

pytest.importorskip("fakeredis", reason="the development tools are out of date")
CHECKS = (
    "tests/architecture/test_dependencies.py",
    "tests/architecture/test_import_contracts.py",
    "tests/architecture/test_module_names.py",
    "tests/architecture/test_operating.py",
    "tests/architecture/test_sizes.py",
    "tests/unit/test_docs.py",
    "tests/unit/test_swap.py",
)
"""Tests of the checkout that a page's change may break."""
SLOW = "breach"
"""In the names of tests that prove the import contracts, and need no proof for each page."""


def test_a_python_block_is_in_a_page_that_is_run() -> None:
    run_here = {*PAGES, *PLUGIN_PAGES, ROOT / "docs" / "openai-clients.md"}
    elsewhere = [document for document in documents() if document not in run_here]
    assert [document for document in elsewhere if blocks(document, "python")] == []
    assert PAGES


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_prints_passes_its_tests(page: Path, tmp_path: Path) -> None:
    if is_followed(page):
        pytest.skip("this checkout has what the page adds, and its tests")
    copy_checkout(tmp_path)
    added = follow(page, tmp_path)
    changed = [*new_files(page), *(edit.path for edit in edits(page))]
    code = [path for path in changed if path.endswith(".py")]
    run(tmp_path, "ruff", "check", "--no-cache", *code)
    run(tmp_path, "ruff", "format", "--no-cache", "--check", *code)
    run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *added)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One checkout with all that the pages add, so that they fit together too."""
    root = tmp_path_factory.mktemp("followed")
    copy_checkout(root)
    for page in PAGES:
        if not is_followed(page):
            follow(page, root)
    return root


@pytest.mark.timeout(300)
def test_what_the_pages_print_passes_the_checks(followed: Path) -> None:
    run(followed, "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not {SLOW}", *CHECKS)


@pytest.mark.timeout(300)
def test_what_the_pages_print_is_typed(followed: Path) -> None:
    if (ROOT / ".mypy_cache").exists():  # saves most of the time
        shutil.copytree(ROOT / ".mypy_cache", followed / ".mypy_cache")
    run(followed, "mypy")


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


def test_an_edit_that_is_in_place_is_not_made_again(tmp_path: Path) -> None:
    file = tmp_path / "b.py"
    file.write_text("one\ntwo\n", encoding="utf-8")
    edit = Edit("b.py", "one\n", "one\nsix\n")
    for _ in range(2):
        edit.apply(tmp_path)
        assert file.read_text("utf-8") == "one\nsix\ntwo\n"


@pytest.mark.parametrize("text", ["x = 1\n", "# a.py\n```\n\n```python\n# a.py\n"])
def test_a_block_that_names_no_new_file_fails(page: Path, text: str) -> None:
    page.write_text(f"```python\n{text}```\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md:\d+ "):
        new_files(page)
