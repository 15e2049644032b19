"""The rig of all measurements: a stand-in OpenAI API and temporary folders."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

from openai import AsyncOpenAI
from openai.types import ImagesResponse

from adapters.openai.translate import Parameters, generate_parameters
from benchmarks.installed import PYTHON, SERVER, install
from benchmarks.older import server as older
from domain.requests import GenerateRequest

KEY = "sk-benchmarks"
MODEL = "gpt-image-2.6-flare"
ROOT = Path(__file__).parents[1]
numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Rig:
    """The stand-in runs in its own process; `folder` is temporary."""

    base_url: str
    folder: Path
    runner: asyncio.Runner
    checkout: Path | None = None
    """Of the older server."""

    @cached_property
    def programs(self) -> Path:
        """The folder of the installed programs. The first use installs them."""
        return install(self.folder / "installed")

    @property
    def server(self) -> str:
        """Our installed server."""
        return str(self.programs / SERVER)

    @property
    def python(self) -> str:
        """The Python of the installed server, for the bare servers that it is compared with."""
        return str(self.programs / PYTHON)

    @cached_property
    def older(self) -> older.OlderServer | None:
        """The older server, if there is a checkout of it. The first use installs it."""
        if self.checkout is None:
            return None
        environment = {
            name: self.environment[name]
            for name in ("PATH", "HOME", "OPENAI_API_KEY", "OPENAI_BASE_URL")
        }
        return older.install_older_server(self.checkout, self.folder / "older", environment)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a measured server process. Only PATH is inherited."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.base_url,
            "OUTPUT_DIR": str(self.folder / "images"),
            "DATA_DIR": str(self.folder / "data"),
            "CACHE_DIR": str(self.folder / "cache"),
        }

    def client(self) -> AsyncOpenAI:
        """The bare SDK on the stand-in, without retries."""
        return AsyncOpenAI(api_key=KEY, base_url=self.base_url, max_retries=0)

    def image_base64(self) -> str:
        """The base64 of a new 1024x1024 PNG."""
        return self.runner.run(self._generate())

    async def _generate(self) -> str:
        async with self.client() as client:
            reply = await client.images.generate(**parameters())
        return first_base64(reply)


def prompt() -> str:
    """A new prompt, so that no call joins another."""
    return f"a lighthouse above a quiet sea, number {next(numbers)}"


def first_base64(reply: ImagesResponse) -> str:
    """The base64 of the reply's first image."""
    assert reply.data
    assert reply.data[0].b64_json
    return reply.data[0].b64_json


def parameters() -> Parameters:
    """The SDK's parameters for one 1024x1024 PNG, with us and without us."""
    return generate_parameters(GenerateRequest(prompt=prompt(), model=MODEL))


@contextmanager
def rig(checkout: Path | None = None) -> Iterator[Rig]:
    """Set everything up, and remove it at the end. `checkout` is one of the older server."""
    for name in [name for name in os.environ if _is_misleading(name)]:
        del os.environ[name]
    with (
        tempfile.TemporaryDirectory(prefix="gpt-image-bench-") as folder,
        start_stand_in() as base_url,
        asyncio.Runner() as runner,
    ):
        yield Rig(base_url=base_url, folder=Path(folder), runner=runner, checkout=checkout)


@contextmanager
def start_stand_in(delay: float = 0.0) -> Iterator[str]:
    """Run the stand-in as a process that takes `delay` seconds for an image; yield its base URL."""
    options = ["--port", "0", "--delay", str(delay), "--also", older.MODEL]
    command = [sys.executable, "-m", "tests.standin", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _is_misleading(name: str) -> bool:
    return name.startswith("OPENAI_") or name.lower().endswith("_proxy")
