"""A newcomer's machine: an empty home, and the folder of another project as working directory."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pybase64

from tests.field_reports.photo_files import phone_photo
from tests.standin import StandIn

PROGRAM = str(Path(sys.executable).with_name("gpt-image"))
KEY = "sk-newcomer-0123456789abcdef"
OTHER_PROJECT = """\
DATABASE_URL=postgres://localhost/shop
DATA_DIR=/srv/shop/data
OUTPUT_DIR=dist
LOG_LEVEL=verbose
HOST=0.0.0.0
PUBLIC_URL=shop.example
PROVIDER=stripe
AUTH_TOKEN=short
IMAGE_MODEL=resnet-50
RATE_LIMIT=lots
"""
"""The .env of another project: names that any project may use, with values that we cannot use."""


class Newcomer:
    """Runs commands as a person would who has just installed the package.

    The proxy of the shell does not work, and the API is `openai_api`. `paid` counts its calls.
    """

    def __init__(self, folder: Path, openai_api: StandIn, *, key: bool = True) -> None:
        self.home = folder / "home"
        self.project = folder / "shop"
        self.openai_api = openai_api
        self.home.mkdir(parents=True)
        self.project.mkdir()
        (self.project / ".env").write_text(OTHER_PROJECT, encoding="utf-8")
        (self.project / "photo.jpg").write_bytes(phone_photo())
        self.environment = {
            "PATH": f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "ALL_PROXY": "socks5://127.0.0.1:9",
            "NO_PROXY": "",
        }
        if key:
            self.environment |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": openai_api.base_url}
        self.before = self.files()

    @property
    def paid(self) -> int:
        """How many calls the API got."""
        return len(self.openai_api.posts)

    def run(
        self, *arguments: str, code: int = 0, stdin: bytes = b"", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder; its exit code must be `code`."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.project,
            env=self.environment | settings,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode()
        assert done.returncode == code, f"{arguments} ended with {done.returncode}:\n{out}\n{err}"
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def files(self) -> set[str]:
        """The files of the project, relative to its folder."""
        return {
            str(path.relative_to(self.project))
            for path in self.project.rglob("*")
            if path.is_file()
        }

    def new_files(self) -> set[str]:
        """The files of the project that were not there at first."""
        return self.files() - self.before

    def home_folders(self) -> set[str]:
        """The folders in the home that hold files of ours, two or three levels deep."""
        return {
            str(path.relative_to(self.home).parent)
            for path in self.home.rglob("*")
            if path.is_file()
        }


def as_base64(data: bytes) -> str:
    """The bytes as an assistant sends them."""
    return pybase64.b64encode(data).decode()


def without(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment without these variables."""
    return {name: value for name, value in environment.items() if name not in names}
