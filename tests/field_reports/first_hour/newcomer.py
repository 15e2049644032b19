"""A newcomer's machine: an empty home, and the folder of another project as working directory."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import KEY
from tests.field_reports.photo_files import iphone_portrait, photo, texted_png
from tests.standin import StandIn
from tests.testkit.fakes import mask

PROGRAMS = Path(sys.executable).parent
OTHER_PROJECT = """\
DATABASE_URL=postgres://localhost/shop
DATA_DIR=/srv/shop/data
OUTPUT_DIR=dist
LOG_LEVEL=verbose
HOST=shop.example
PUBLIC_URL=shop.example
PROVIDER=stripe
AUTH_TOKEN=short
IMAGE_MODEL=resnet-50
RATE_LIMIT=lots
"""
"""The .env of another project: names that any project may use, with values that we cannot use."""
BROKEN = "127.0.0.1:9"
OUR_FOLDERS = (
    "Pictures/GPT Image",
    ".local/share/mcp-server-gpt-image",
    ".cache/mcp-server-gpt-image",
    "Library/Application Support/mcp-server-gpt-image",
    "Library/Caches/mcp-server-gpt-image",
)
"""The documented folders in a home, of Linux and of macOS."""


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    first_line: str
    log: list[bytes] = field(default_factory=list)
    """Lines of standard error after the first one, as they arrive."""

    @property
    def url(self) -> str:
        """The address that the first line names."""
        found = re.search(r"http://[^\s/]+", self.first_line)
        assert found, self.first_line
        return found[0]


class Newcomer:
    """Runs commands as people do who have just installed the package.

    The shell's proxies do not work, the working directory has a foreign .env, and the API is a
    stand-in. With `key`, the shell has the key.
    """

    def __init__(self, folder: Path, openai_api: StandIn, *, key: bool = True) -> None:
        self.openai_api = openai_api
        self.home, self.project, self.temp = (folder / name for name in ("home", "shop", "tmp"))
        for each in (self.home, self.project, self.temp):
            each.mkdir(exist_ok=True)
        (self.project / ".env").write_text(OTHER_PROJECT, encoding="utf-8")
        (self.project / "photo.jpg").write_bytes(photo(6, size=(640, 480)))
        (self.project / "chair.png").write_bytes(texted_png())
        (self.project / "cat.jpg").write_bytes(iphone_portrait())
        (self.project / "mask.png").write_bytes(mask((64, 48)).data)
        self.environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.temp),
            "HTTP_PROXY": f"http://{BROKEN}",
            "HTTPS_PROXY": f"http://{BROKEN}",
            "ALL_PROXY": f"socks5://{BROKEN}",
            "OPENAI_BASE_URL": openai_api.base_url,
        }
        if key:
            self.environment["OPENAI_API_KEY"] = KEY
        self._before, self._root = self._files(self.project), {*Path("/").iterdir()}

    @contextmanager
    def pays(self, calls: int) -> Iterator[None]:
        """A step in which the API gets and charges exactly that many calls."""
        before = len(self.openai_api.posts), len(self.openai_api.ledger)
        yield
        after = len(self.openai_api.posts), len(self.openai_api.ledger)
        assert after == (before[0] + calls, before[1] + calls)

    def run(
        self, *command: str, code: int = 0, stdin: bytes = b"", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder; its exit code must be `code`."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.environment | settings,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode()
        assert done.returncode == code, f"{command} ended with {done.returncode}:\n{out}\n{err}"
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def curl(self, *arguments: str) -> str:
        """What curl prints. It has proxies of its own, and must not use them on this machine."""
        return self.run("curl", "-sS", "--max-time", "30", *arguments, NO_PROXY="*").stdout

    @contextmanager
    def server(self, *command: str, **settings: str) -> Iterator[Running]:
        """Run the command of a server on a free port; at the end it must exit with code 0."""
        with subprocess.Popen(
            [*command, "--port", "0"],
            cwd=self.project,
            env=self.environment | settings,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            running = Running(process.stderr.readline().decode())
            reader = threading.Thread(target=running.log.extend, args=[process.stderr])
            reader.start()
            try:
                yield running
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
            finally:
                process.kill()
                reader.join()

    def check_files(self, *asked: str) -> None:
        """Everything that was written is in a documented folder, or was asked for."""
        here = self._files(self.project)
        assert here == self._before | {*asked}, here ^ self._before
        strange = [each for each in self._files(self.home) if not each.startswith(OUR_FOLDERS)]
        assert strange == [], strange
        assert self._files(self.temp) == set()
        assert {*Path("/").iterdir()} == self._root

    def wait_for_hours(self, hours: int) -> None:
        """Date every job back instead."""
        (records,) = self.home.rglob("records.sqlite3")
        with closing(sqlite3.connect(records)) as opened, opened:
            opened.execute(
                "UPDATE jobs SET created_at = datetime(created_at, ?)", [f"-{hours} hours"]
            )

    def images(self) -> Iterable[Path]:
        """The files in the folder of images."""
        return (self.home / OUR_FOLDERS[0]).glob("[!.]*")

    def _files(self, folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def fitting(hint: str) -> dict[str, Any]:
    """The options of the first request that a budget's refusal says fits now."""
    _, _, rest = hint.partition(" now: ")
    words, about, _ = rest.partition(" (about ")
    assert about, hint
    options: dict[str, Any] = dict(change.split(" ", 1) for change in words.split(" and "))
    return options | ({"n": int(options["n"])} if "n" in options else {})
