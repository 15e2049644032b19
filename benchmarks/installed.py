"""Our server as users have it: a wheel in an environment of its own, without packages of tests."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVER, PYTHON = "mcp-server-gpt-image", "python"
RECORD = (
    "import asyncio, mcp_server_gpt_image; from entrypoints.mcp.greeter.recorder import record; "
    "asyncio.run(record())"
)
"""What the first start over stdio does after some seconds."""


def install(folder: Path) -> Path:
    """Build the wheel and install it with its pinned dependencies; return the programs' folder.

    Modules are compiled, as pip does, and the greeter's answers are recorded, as the first start
    does. The packages of tests would cost a first call some 100 ms:
    libraries load aiohttp and werkzeug where they find them.
    """
    environment = folder / "environment"
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "venv", "--quiet", "--python", sys.executable, environment)
    programs = environment / "bin"
    options = ("--quiet", "--compile-bytecode", "-c", ROOT / "constraints.txt")
    wheel = next(folder.glob("*.whl"))
    _run(uv, "pip", "install", "--python", programs / PYTHON, *options, wheel)
    _run(programs / PYTHON, "-c", RECORD)
    return programs


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - programs of our environment
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
