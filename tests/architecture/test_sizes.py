"""Nothing is longer than a reader can hold: files, and functions in the four packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.checkout import PACKAGES, ROOT, python_files

FILE, FUNCTION, TEST_FILE = 200, 30, 300
"""The most lines each may have."""


def long_files(root: Path, *folders: str, most: int) -> Iterator[str]:
    """One line for each Python file with too many lines."""
    for file in python_files(root, *folders):
        lines = len(file.read_text("utf-8").splitlines())
        if lines > most:
            yield f"{file.relative_to(root)} has {lines} lines; {most} are the limit"


def long_functions(root: Path, *folders: str, most: int) -> Iterator[str]:
    """One line for each function or method with too many lines, its decorators not counted."""
    for file in python_files(root, *folders):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > most:
                    where = f"{file.relative_to(root)}:{node.lineno}"
                    yield f"{where} {node.name} has {lines} lines; {most} are the limit"


def function(name: str, lines: int, *, keyword: str = "def") -> str:
    return f"{keyword} {name}():\n" + "    x = 1\n" * (lines - 1)


def test_files_are_short() -> None:
    assert list(long_files(ROOT, *PACKAGES, most=FILE)) == []


def test_functions_are_short() -> None:
    assert list(long_functions(ROOT, *PACKAGES, most=FUNCTION)) == []


def test_test_files_are_short() -> None:
    assert list(long_files(ROOT, "tests", "benchmarks", most=TEST_FILE)) == []


def test_a_file_one_line_too_long_is_named(tmp_path: Path) -> None:
    inner = tmp_path / "domain" / "inner"
    inner.mkdir(parents=True)
    (inner / "fits.py").write_text("x = 1\n" * 200, encoding="utf-8")
    (inner / "long.py").write_text("x = 1\n" * 201, encoding="utf-8")
    found = list(long_files(tmp_path, *PACKAGES, most=FILE))
    assert found == ["domain/inner/long.py has 201 lines; 200 are the limit"]


def test_a_function_one_line_too_long_is_named(tmp_path: Path) -> None:
    planted = function("fits", 30) + function("long", 31) + function("far", 40, keyword="async def")
    method = "class Kept:\n    def method(self):\n" + "        x = 1\n" * 30
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "planted.py").write_text(planted + method, encoding="utf-8")
    found = list(long_functions(tmp_path, *PACKAGES, most=FUNCTION))
    assert sorted(found) == [
        "adapters/planted.py:103 method has 31 lines; 30 are the limit",
        "adapters/planted.py:31 long has 31 lines; 30 are the limit",
        "adapters/planted.py:62 far has 40 lines; 30 are the limit",
    ]
