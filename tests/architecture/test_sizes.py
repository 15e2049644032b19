"""Files and functions stay short.

The limits detect a smell. A split that makes no coherent module is worse than a longer file.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.checkout import PACKAGES, ROOT, python_files

MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 40


def long_files(root: Path, *folders: str, limit: int) -> Iterator[str]:
    """One line for each Python file with too many lines."""
    for file in python_files(root, *folders):
        lines = len(file.read_text("utf-8").splitlines())
        if lines > limit:
            yield f"{file.relative_to(root)} has {lines} lines; the limit is {limit}"


def long_functions(root: Path, *folders: str, limit: int) -> Iterator[str]:
    """One line for each function or method with too many lines, without its decorators."""
    for file in python_files(root, *folders):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > limit:
                    where = f"{file.relative_to(root)}:{node.lineno}"
                    yield f"{where} {node.name} has {lines} lines; the limit is {limit}"


def function(name: str, lines: int, *, keyword: str = "def") -> str:
    return f"{keyword} {name}():\n" + "    x = 1\n" * (lines - 1)


def test_files_are_short() -> None:
    assert list(long_files(ROOT, *PACKAGES, limit=MAX_FILE_LINES)) == []


def test_functions_are_short() -> None:
    assert list(long_functions(ROOT, *PACKAGES, limit=MAX_FUNCTION_LINES)) == []


def test_test_files_are_short() -> None:
    assert list(long_files(ROOT, "tests", "benchmarks", limit=MAX_FILE_LINES)) == []


def test_a_file_one_line_too_long_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "domain" / "inner"
    inner.mkdir(parents=True)
    (inner / "fits.py").write_text("x = 1\n" * 300, encoding="utf-8")
    (inner / "long.py").write_text("x = 1\n" * 301, encoding="utf-8")
    found = list(long_files(tmp_path, *PACKAGES, limit=MAX_FILE_LINES))
    assert found == ["domain/inner/long.py has 301 lines; the limit is 300"]


def test_a_function_one_line_too_long_is_found(tmp_path: Path) -> None:
    planted = function("fits", 40) + function("long", 41) + function("far", 50, keyword="async def")
    method = "class Planted:\n    def method(self):\n" + "        x = 1\n" * 40
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "planted.py").write_text(planted + method, encoding="utf-8")
    found = list(long_functions(tmp_path, *PACKAGES, limit=MAX_FUNCTION_LINES))
    assert sorted(found) == [
        "adapters/planted.py:133 method has 41 lines; the limit is 40",
        "adapters/planted.py:41 long has 41 lines; the limit is 40",
        "adapters/planted.py:82 far has 50 lines; the limit is 40",
    ]
