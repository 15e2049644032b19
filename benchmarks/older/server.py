"""Installs the older Node server from a git checkout of it, into a temporary folder."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NO_OLDER_SERVER = (
    "The older Node server was not measured: --older-server PATH compares ours with a git checkout"
    " of it, and needs node and npm."
)
MODEL = "gpt-image-1"
"""The only model that it requests. OpenAI retired it; the stand-in serves it to the benchmarks."""
COMPILERS = ("typescript", "@types/")
"""The packages of development that are installed if the checkout is not built yet."""


@dataclass(frozen=True, kw_only=True)
class OlderServer:
    """The installed server. `environment` is complete for stdio."""

    folder: Path
    environment: dict[str, str]

    @property
    def stdio(self) -> list[str]:
        """The command for stdio."""
        return ["node", str(self.folder / "dist" / "index.js")]

    @property
    def http(self) -> list[str]:
        """The command for HTTP; the port is in its environment."""
        return [*self.stdio, "http"]

    def environment_for(self, port: int, base_url: str) -> dict[str, str]:
        """The environment for HTTP on that port, with that API."""
        return self.environment | {"PORT": str(port), "OPENAI_BASE_URL": base_url}


def install_older_server(checkout: Path, folder: Path, environment: dict[str, str]) -> OlderServer:
    """Install the checkout into the folder. Raises SystemExit with npm's output if that fails.

    `npm ci` cannot install it: its lock file names packages of development that npm has no more.
    So those are dropped; the versions of all others are those of the lock file. It requests images
    from the Images API, as ours does.
    """
    if not (checkout / "package.json").is_file():
        raise SystemExit(f"{checkout} has no package.json. Pass a git checkout of the older server")
    folder.mkdir()
    built = (checkout / "dist" / "index.js").is_file()
    for name in ("dist",) if built else ("src", "tsconfig.json"):
        _copy(checkout / name, folder / name)
    if (checkout / "package-lock.json").is_file():
        _copy(checkout / "package-lock.json", folder / "package-lock.json")
    package = json.loads((checkout / "package.json").read_text("utf-8"))
    kept = needed_packages(package, build=not built)
    (folder / "package.json").write_text(json.dumps(kept), encoding="utf-8")
    _run(folder, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
    if not built:
        _run(folder, "npx", "tsc")
    settings = {"API_MODE": "images", "CACHE_DIR": str(folder / "cache")}
    return OlderServer(folder=folder, environment=environment | settings)


def needed_packages(package: dict[str, Any], *, build: bool) -> dict[str, Any]:
    """The content of package.json with the compiler's packages if it is built, else with none."""
    listed = package.get("devDependencies", {})
    kept = {name: at for name, at in listed.items() if build and name.startswith(COMPILERS)}
    return {**package, "devDependencies": kept}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _run(folder: Path, *command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"{command[0]} is not installed, which the older server needs")
    environment = {name: value for name, value in os.environ.items() if name != "NODE_ENV"}
    done = subprocess.run(  # noqa: S603 - npm
        [program, *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
