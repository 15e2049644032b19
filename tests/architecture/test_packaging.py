"""The wheel in an environment where other packages have the names of its folders."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.architecture.checkout import PACKAGES, ROOT, project, text_files
from tests.architecture.installed_wheel import DECOY, UNIQUE, Installed, install_wheel
from tests.architecture.recipes import new_files

TESTKIT = Path("tests/testkit")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install_wheel(tmp_path_factory.mktemp("packaging"))


@pytest.fixture
def contents(installed: Installed) -> Iterator[ZipFile]:
    with ZipFile(installed.wheel) as wheel:
        yield wheel


def test_only_one_package_is_added(installed: Installed) -> None:
    current = project()["project"]["version"]
    assert installed.added == {UNIQUE, f"{UNIQUE}-{current}.dist-info"}


def test_packages_of_the_same_name_are_not_changed(installed: Installed) -> None:
    for name in ("domain", "entrypoints"):
        package = installed.site / name
        assert [file.name for file in package.iterdir()] == ["__init__.py"]
        assert (package / "__init__.py").read_text("utf-8") == DECOY


def test_the_wheel_has_every_file_of_the_four_packages_and_the_testkit(
    contents: ZipFile,
) -> None:
    ours = {file.relative_to(ROOT) for file in text_files()}
    ours = {file for file in ours if file.parts[0] in PACKAGES or file.is_relative_to(TESTKIT)}
    ours = {file for file in ours if not _is_built(file)}
    assert {Path("adapters/openai/models.toml"), Path("domain/py.typed")} <= ours
    moved = {
        Path("entrypoints/launcher.py"): f"{UNIQUE}/__init__.py",
        Path("entrypoints/__main__.py"): f"{UNIQUE}/__main__.py",
    }
    for file in ours:
        if file.is_relative_to(TESTKIT):
            moved[file] = f"{UNIQUE}/testkit/{file.relative_to(TESTKIT).as_posix()}"
    expected = {moved.get(file, f"{UNIQUE}/_bundle/{file.as_posix()}") for file in ours}
    assert {name for name in contents.namelist() if ".dist-info/" not in name} == expected


def _is_built(file: Path) -> bool:
    """Whether the file is a source of the front end, whose built files are in `dist`."""
    frontend = Path("entrypoints/frontend")
    return file.is_relative_to(frontend / "src") or (
        file.parent == frontend and file.suffix in (".json", ".mjs")
    )


def test_the_wheel_has_its_license_and_no_development_files(contents: ZipFile) -> None:
    names = contents.namelist()
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    assert {name.split("/")[0].split("-")[0] for name in names} == {UNIQUE}
    assert [name for name in names if {"tests", "docs", "benchmarks"} & set(name.split("/"))] == []


@pytest.mark.parametrize("command", ["mcp-server-gpt-image", "gpt-image"])
def test_both_commands_start(installed: Installed, command: str) -> None:
    expected = f"mcp-server-gpt-image, version {version('mcp-server-gpt-image')}\n"
    assert installed.run(command, "--version") == expected


def test_it_starts_as_a_module(installed: Installed) -> None:
    output = installed.run("python", "-m", UNIQUE, "--version")
    assert output.startswith("mcp-server-gpt-image, version ")


def test_it_lists_its_models(installed: Installed) -> None:
    assert json.loads(installed.run("gpt-image", "models", "--json"))


def test_it_generates_an_image(installed: Installed) -> None:
    command = ("generate", "a red bridge", "--size", "64x64", "--json")
    assert json.loads(installed.run("mcp-server-gpt-image", *command))
    assert list((installed.elsewhere / "images").rglob("*.png"))


def test_the_testkit_can_be_imported_and_its_fakes_without_pytest(
    installed: Installed,
) -> None:
    code = (
        "import sys\n"
        "from importlib import import_module\n"
        "from pkgutil import walk_packages\n"
        f"import {UNIQUE}.testkit.fakes as fakes\n"
        "assert 'pytest' not in sys.modules\n"
        f"kit = import_module('{UNIQUE}.testkit')\n"
        f"for module in walk_packages(kit.__path__, '{UNIQUE}.testkit.'):\n"
        "    print(import_module(module.name).__name__)\n"
    )
    output = installed.run("python", "-c", code).split()
    for name in ("fakes.samples", "contracts.image_provider", "contracts.image_cache"):
        assert f"{UNIQUE}.testkit.{name}" in output


def test_a_page_of_the_documents_works_in_a_project_of_its_own(installed: Installed) -> None:
    """The provider of the page passes its suite with the installed testkit."""
    kit = f'pytest_plugins = ["{UNIQUE}.testkit"]\n'
    (installed.elsewhere / "conftest.py").write_text(kit, encoding="utf-8")
    for path, text in new_files(ROOT / "docs" / "extend" / "write-a-provider.md").items():
        file = installed.elsewhere / path.removeprefix("adapters/")
        file.parent.mkdir(parents=True, exist_ok=True)
        text = text.replace("from adapters.flat", "from flat")
        text = text.replace("from tests.testkit", f"from {UNIQUE}.testkit")
        file.write_text(text, encoding="utf-8")
    output = installed.run("python", "-m", "pytest", "-v", "tests")
    assert "TestFlatProvider::test_it_delivers_once_and_last PASSED" in output
