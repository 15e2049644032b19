"""The wheel, built and installed in an environment where other packages have its folders' names."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.checkout import ROOT

UNIQUE = "mcp_server_gpt_image"
DECOY = 'raise RuntimeError("this package belongs to another project")\n'


@dataclass(frozen=True)
class Installed:
    """The wheel in its own environment, with `domain` and `entrypoints` of another project."""

    wheel: Path
    environment: Path
    added: frozenset[str]
    elsewhere: Path

    @property
    def site(self) -> Path:
        return site_packages(self.environment)

    def run(self, program: str, *arguments: str, cwd: Path | None = None, **settings: str) -> str:
        """The output of the program; it stores images and records in its working folder."""
        settings = {"PROVIDER": "sketch", "OUTPUT_DIR": "images", "DATA_DIR": "records"} | settings
        done = subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=cwd or self.elsewhere,
            env={"HOME": str(self.elsewhere), "PATH": os.defpath, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def site_packages(environment: Path) -> Path:
    return next(environment.glob("lib/python*/site-packages"))


def python(*arguments: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def environment_with_decoys(folder: Path) -> Path:
    """A new environment with the project's dependencies and none of its packages."""
    python("venv", "--without-pip", folder)
    site = site_packages(folder)
    lines = "\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (site / "dependencies.pth").write_text(lines, encoding="utf-8")
    for name in ("domain", "entrypoints"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(DECOY, encoding="utf-8")
    return folder


def install(environment: Path, wheel: Path) -> None:
    """Install this wheel alone, from no index."""
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile")
    python("pip", "--python", environment / "bin" / "python", "install", *options, wheel)


def install_wheel(folder: Path) -> Installed:
    """Build the wheel in this folder, and install it in a new environment there."""
    python("hatchling", "build", "-t", "wheel", "-d", folder)
    wheel = next(folder.glob("*.whl"))
    environment = environment_with_decoys(folder / "environment")
    before = {file.name for file in site_packages(environment).iterdir()}
    install(environment, wheel)
    added = {file.name for file in site_packages(environment).iterdir()} - before
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "domain.py").write_text(DECOY, encoding="utf-8")
    return Installed(wheel, environment, frozenset(added), folder / "elsewhere")
