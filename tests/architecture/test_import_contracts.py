"""The import contracts in pyproject.toml hold, and each of them can break."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.architecture.checkout import PACKAGES, ROOT, project

BREACHES = {
    "Dependencies point inward": ("domain", "import application.jobs.job_service"),
    "The core imports no framework": ("application.ports", "import pydantic"),
    "Adapters are independent": ("adapters.sketch", "import adapters.pillow.inspector"),
    "The sketch engine imports nothing of ours": (
        "adapters.sketch.engine",
        "from domain.image import Image",
    ),
    "Only bootstrap imports adapters": ("entrypoints", "import adapters.telemetry.log_sink"),
    "Entry points call use cases only": (
        "entrypoints.wire",
        "from application.jobs.job_runner import JobRunner",
    ),
    "Wire formats import no wiring and no entry point": (
        "entrypoints.wire",
        "from entrypoints.bootstrap.container import Container",
    ),
    "The SDK stays in the OpenAI adapter": ("adapters.sketch", "import openai"),
    "Google's SDK stays in the Gemini adapter": (
        "adapters.sketch",
        "from google.genai import Client",
    ),
    "httpx2 stays in the adapters that call other hosts": ("adapters.pillow", "import httpx2"),
    "Pillow stays in the image adapters": ("entrypoints", "from PIL import Image"),
    "SQLAlchemy and file locks stay in the records adapter": (
        "adapters.telemetry",
        "from sqlalchemy.orm import Session",
    ),
    "Cache libraries stay where values are cached": ("adapters.records", "import cachetools"),
    "Logging and metrics libraries stay in the telemetry adapter": (
        "entrypoints.http",
        "import prometheus_client",
    ),
    "Wiring libraries stay in bootstrap": (
        "entrypoints.mcp",
        "from dependency_injector.providers import Singleton",
    ),
    "The MCP SDK stays in the MCP entry point": ("entrypoints", "from mcp_types import Tool"),
    "The web framework stays in the HTTP entry point": ("entrypoints.mcp", "import litestar"),
    "Pydantic stays where files and settings of people are read": (
        "adapters.records",
        "import pydantic",
    ),
    "Settings and terminal libraries stay in the entry points": (
        "adapters.records",
        "import platformdirs",
    ),
    "Templates are rendered by the HTTP server only": ("entrypoints.wire", "import jinja2"),
    "Forms are read by the HTTP server only": ("entrypoints.wire", "import multipart"),
    "msgspec stays where JSON is read and written": (
        "adapters.records",
        "import msgspec",
    ),
    "Base64 stays where a wire format needs it": ("application", "from base64 import b64encode"),
}
"""For each contract a package, and an import that it must not have."""

CONTRACTS = project()["tool"]["importlinter"]["contracts"]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def verdicts(tree: Path) -> dict[str, str]:
    """KEPT or BROKEN for each contract of the checkout at `tree`, by its name."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    line = r"^(.+) (KEPT|BROKEN)(?: \(\d+ ignored imports\))?$"
    found = re.findall(line, done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return dict(found)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=leave)
    return tmp_path


def libraries(*packages: str) -> set[str]:
    """The imports of the packages that are neither the project's nor the standard library's."""
    roots = {
        imported.partition(".")[0]
        for module in graph().modules
        if module.partition(".")[0] in packages
        for imported in graph().find_modules_directly_imported_by(module)
    }
    return roots - set(PACKAGES) - sys.stdlib_module_names


def test_every_contract_holds() -> None:
    assert verdicts(ROOT) == {contract["name"]: "KEPT" for contract in CONTRACTS}


def test_every_contract_has_a_test_breach() -> None:
    assert [contract["name"] for contract in CONTRACTS] == list(BREACHES)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_breaks_its_contract(contract: str, copied: Path) -> None:
    package, line = BREACHES[contract]
    module = copied.joinpath(*package.split("."), "planted.py")
    module.write_text(f"{line}\n", encoding="utf-8")
    assert verdicts(copied)[contract] == "BROKEN"


def test_an_import_for_type_checkers_is_a_breach(copied: Path) -> None:
    lines = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import openai\n"
    (copied / "domain" / "planted.py").write_text(lines, encoding="utf-8")
    assert verdicts(copied)["The core imports no framework"] == "BROKEN"


def test_an_unlisted_new_adapter_is_covered(copied: Path) -> None:
    new = copied / "adapters" / "planted"
    new.mkdir()
    (new / "__init__.py").write_text("import adapters.telemetry.log_sink\n", encoding="utf-8")
    assert verdicts(copied)["Adapters are independent"] == "BROKEN"


def test_the_core_is_standard_library_only() -> None:
    assert libraries("domain", "application") == set()


def test_every_library_has_one_home() -> None:
    protected = [c["protected_modules"] for c in CONTRACTS if c["type"] == "protected"]
    assert libraries(*PACKAGES) - {name for names in protected for name in names} == set()


def test_the_core_contract_names_every_library() -> None:
    named = next(c["forbidden_modules"] for c in CONTRACTS if c["type"] == "forbidden")
    assert libraries(*PACKAGES) - set(named) == set()
