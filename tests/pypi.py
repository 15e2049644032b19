"""Programs from PyPI that tests run in environments of their own, because they need other pins."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.npm import unavailable

UV = Path(sys.executable).with_name("uv")
INSTALL_TIMEOUT = 240


def installed(requirements: Path, name: str) -> Path:
    """Return the Python interpreter of an environment with these requirements, which have hashes.

    If they cannot be installed, the test is skipped, or fails with CI=true. uv uses the settings of
    the user who runs the tests: call this before the environment is hidden.
    """
    folder = Path(sys.prefix, name, sha256(requirements.read_bytes()).hexdigest()[:12])
    try:
        _ensure(folder, requirements)
    except subprocess.CalledProcessError as error:
        raise unavailable(name, "; ".join(error.stderr.splitlines()[:4])) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise unavailable(name, repr(error)) from None
    return folder / "bin" / "python"


def _ensure(folder: Path, requirements: Path) -> None:
    """Install into a sibling folder and rename it, unless another process was faster."""
    if folder.is_dir():
        return
    folder.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix="installing-") as scratch:
        fresh = Path(scratch, folder.name)
        _run("venv", "--relocatable", "--python", sys.executable, str(fresh))
        python = str(fresh / "bin" / "python")
        _run("pip", "sync", "--python", python, "--require-hashes", str(requirements))
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _run(*arguments: str) -> None:
    subprocess.run(
        [UV, "--quiet", *arguments],
        env={**os.environ, "UV_COMPILE_BYTECODE": "1"},
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=INSTALL_TIMEOUT,
    )
