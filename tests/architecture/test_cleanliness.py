"""Text that must never be in the repository; `print`, which must never reach standard output."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import pytest

from tests.architecture.checkout import PACKAGES, ROOT, text_files

HERE = Path(__file__)
LOCAL = re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b|(?<![\w.~])/(?:work|root|home)/")
"""Hosts of registries, and folders of one machine."""
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
IGNORE = re.compile(r"#\s*(?:(?:ruff:\s*)?noqa|type:\s*ignore|mypy:)", re.IGNORECASE)
EXPLAINED = re.compile(
    r"# (?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\]) (?:-|#) \w"
)


def hits(pattern: re.Pattern[str], files: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """One line for each line of the files that matches the pattern."""
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if found := pattern.search(line):
                yield f"{file.relative_to(root)}:{number} {found[0]}"


def bare_ignores(file: Path, root: Path = ROOT) -> Iterator[str]:
    """One line for each ignore that names no code, or gives no reason after it."""
    for token in tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            for found in IGNORE.finditer(token.string):
                if not EXPLAINED.match(token.string, found.start()):
                    yield f"{file.relative_to(root)}:{token.start[0]} {token.string}"


def prints(source: str) -> list[int]:
    """The lines that call `print`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


def served_over_stdio() -> set[str]:
    """The project's modules that the stdio server can import, even late."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    entry_point = "entrypoints.mcp"
    return graph.find_upstream_modules(entry_point, as_package=True) | graph.find_descendants(
        entry_point
    )


def source(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text("utf-8")


def test_no_module_of_the_stdio_server_prints() -> None:
    reached = served_over_stdio()
    assert {"entrypoints.bootstrap.container", "adapters.openai.provider", "domain.jobs"} <= reached
    assert {module: lines for module in reached if (lines := prints(source(module)))} == {}


def test_a_nested_print_is_found() -> None:
    assert prints("def f():\n    if 1:\n        print('x', end='')\nx.print(1)\n# print(1)\n") == [
        3
    ]


def test_no_file_names_a_registry_or_a_local_folder() -> None:
    assert list(hits(LOCAL, text_files())) == []


def test_no_file_has_an_unfinished_mark() -> None:
    files = (file for file in text_files() if file not in (HERE, ROOT / "constraints.txt"))
    assert list(hits(UNFINISHED, files)) == []


def test_every_ignore_has_a_code_and_a_reason() -> None:
    python = (file for file in text_files() if file.suffix == ".py")
    assert [line for file in python for line in bare_ignores(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "cd /{}/main".format("work"),
        'HOME = "/{}/.cache"'.format("root"),
        "see /{}/ada/images".format("home"),
        "--index-url https://{}.org/simple".format("pypi"),
        "https://files.{}.org/packages/x".format("pythonhosted"),
        '"resolved": "https://registry.{}.org/x"'.format("npmjs"),
    ],
)
def test_a_registry_or_a_local_folder_is_found(line: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.md"
    planted.write_text(f"first\n{line}\n", encoding="utf-8")
    assert [hit.split()[0] for hit in hits(LOCAL, [planted], tmp_path)] == ["planted.md:2"]


@pytest.mark.parametrize("line", ["artwork/old", "~/home/x", "./work/y", "docs/work/z"])
def test_an_ordinary_path_is_allowed(line: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.md"
    planted.write_text(line, encoding="utf-8")
    assert list(hits(LOCAL, [planted], tmp_path)) == []


@pytest.mark.parametrize(
    ("comment", "accepted"),
    [
        ("# noqa: S311 - samples, no secrets", True),
        ("# noqa: S311, BLE001 - samples", True),
        ("# type: ignore[call-arg] # accepted by the base class", True),
        ("# noqa", False),
        ("# noqa: S311", False),
        ("# noqa: S311 samples", False),
        ("# ruff: noqa", False),
        ("# mypy: ignore-errors", False),
        ("# type: ignore", False),
        ("# type: ignore[call-arg]", False),
        ("# type: ignore # because", False),
        ("# type: ignore[call-arg] # noqa: S311", False),
    ],
)
def test_only_an_explained_ignore_is_accepted(comment: str, accepted: bool, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"x = 1  {comment}\n", encoding="utf-8")
    assert (list(bare_ignores(planted, tmp_path)) == []) is accepted
