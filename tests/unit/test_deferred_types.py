"""The OpenAI SDK's types are imported at their first use, and are the same ones then."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from adapters.openai.deferred_types import DeferredExports, exports_of

PACKAGES = ("openai.types", "openai.types.responses", "openai.types.chat", "openai.types.shared")
DEFER = "from adapters.openai.deferred_types import defer_types\ndefer_types()\n"
EXPORTS = f"""
import inspect, json, sys
from importlib import import_module
import openai, openai.resources.images
loaded = sum(name.startswith("openai.types") for name in sys.modules)
found = {{}}
for name in {PACKAGES}:
    package = import_module(name)
    public = [each for each in dir(package) if not each.startswith("_") and each != "annotations"]
    values = {{each: getattr(package, each) for each in public}}
    found[name] = {{
        each: f"{{getattr(value, '__module__', '')}} {{getattr(value, '__name__', value)}}"
        for each, value in values.items()
        if not inspect.ismodule(value)
    }}
print(json.dumps([loaded, found]))
"""


def exported(code: str) -> tuple[int, dict[str, dict[str, str]]]:
    """How many modules of types a new process has loaded, and what their packages export."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    loaded, found = json.loads(done.stdout)
    return loaded, found


def test_the_sdk_loads_few_types_and_every_package_of_types_exports_the_same() -> None:
    (few, deferred), (all_of_them, usual) = exported(DEFER + EXPORTS), exported(EXPORTS)
    assert deferred == usual
    assert min(map(len, usual.values())) > 10
    assert few < all_of_them / 4, (
        "the SDK loads its types lazily itself, or in another way than adapters/openai/"
        "deferred_types.py knows: adapt or remove that module"
    )


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `exporting` that only exports, and in it one `busy` that does more."""
    root = tmp_path / "exporting"
    (root / "busy").mkdir(parents=True)
    (root / "__init__.py").write_text("from .heavy import Anvil as Weight\nfrom .no import Name\n")
    (root / "heavy.py").write_text("class Anvil: ...\n")
    (root / "busy" / "__init__.py").write_text("from .part import Part\nready = True\n")
    (root / "busy" / "part.py").write_text("class Part: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [DeferredExports("exporting"), *sys.meta_path])
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "exporting"]:
        del sys.modules[name]


@pytest.mark.usefixtures("packages")
def test_a_name_is_imported_at_its_first_use_and_a_package_that_does_more_at_once() -> None:
    package = import_module("exporting")
    assert "exporting.heavy" not in sys.modules
    assert "Weight" in dir(package)
    assert package.Weight is import_module("exporting.heavy").Anvil
    assert vars(package)["Weight"] is package.Weight
    with pytest.raises(AttributeError, match="has no attribute 'Feather'"):
        _ = package.Feather
    with pytest.raises(ModuleNotFoundError, match=r"exporting\.no"):
        _ = package.Name
    busy = import_module("exporting.busy")
    assert busy.ready
    assert "exporting.busy.part" in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "from .a import *",
        "from ..a import B",
        "from . import a",
        "from a import B",
        "import a",
        "x = 1",
        "if True:\n    from .a import B",
    ],
)
def test_only_names_of_its_own_modules_are_exports(text: str) -> None:
    assert exports_of(ast.parse(f"from __future__ import annotations\n{text}").body) is None
    assert exports_of(ast.parse("from .a import B").body) == {"B": ("a", "B")}
