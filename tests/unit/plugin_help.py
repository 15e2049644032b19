"""Packages with plugins: a module and the files that an installer leaves, in a folder."""

import sys
from pathlib import Path

import pytest

from entrypoints.bootstrap.plugin_entries import BEFORE_GROUP


class Packages:
    """A folder of installed packages."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def install(self, package: str, code: str, **names: str) -> None:
        """Install a package of one module, whose `build` is the factory of these plugins.

        `names` are the names of the plugins by their group, separated by blanks.
        """
        module = package.replace("-", "_")
        about = self.folder / f"{module}-1.2.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {package}\nVersion: 1.2\n")
        lines = [
            line
            for group, several in names.items()
            for line in (
                f"[{BEFORE_GROUP}{group}]",
                *(f"{name} = {module}:build" for name in several.split()),
            )
        ]
        (about / "entry_points.txt").write_text("\n".join(lines))
        (self.folder / f"{module}.py").write_text(code)
        self._monkeypatch.delitem(sys.modules, module, raising=False)
        self._monkeypatch.setattr(sys, "path", [str(self.folder), *sys.path])


FAKE = """
from tests.testkit.fakes import PNG, FakeProvider
def build(context):
    return FakeProvider(PNG)
"""
"""A provider, which must be named `fake`."""
