"""What all measurements stand on: a stand-in OpenAI API and folders that vanish."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from openai import AsyncOpenAI
from openai.types import ImagesResponse

from adapters.openai.translate import Parameters, generate_parameters
from domain.requests import GenerateRequest

KEY = "sk-nobody"
MODEL = "gpt-image-2.6-flare"
ROOT = Path(__file__).parents[1]
numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Rig:
    """The stand-in runs as a process of its own; `folder` is temporary."""

    base_url: str
    folder: Path
    runner: asyncio.Runner

    @property
    def environment(self) -> dict[str, str]:
        """All that a measured server process is told. Nothing is inherited but PATH."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.base_url,
            "OUTPUT_DIR": str(self.folder / "pictures"),
            "DATA_DIR": str(self.folder / "data"),
            "CACHE_DIR": str(self.folder / "cache"),
        }

    def client(self) -> AsyncOpenAI:
        """The bare SDK on the stand-in, without retries."""
        return AsyncOpenAI(api_key=KEY, base_url=self.base_url, max_retries=0)

    def picture(self) -> str:
        """The base64 of a 1024x1024 PNG that nobody had before."""
        return self.runner.run(self._picture())

    async def _picture(self) -> str:
        async with self.client() as client:
            reply = await client.images.generate(**parameters())
        return first_base64(reply)


def prompt() -> str:
    """A prompt that nobody used before, so that no call is joined to another."""
    return f"a lighthouse above a quiet sea, number {next(numbers)}"


def first_base64(reply: ImagesResponse) -> str:
    """The base64 of the reply's first picture."""
    assert reply.data
    assert reply.data[0].b64_json
    return reply.data[0].b64_json


def parameters() -> Parameters:
    """What the SDK is given for one 1024x1024 PNG, by us and without us."""
    return generate_parameters(GenerateRequest(prompt=prompt(), model=MODEL))


@contextmanager
def rig() -> Iterator[Rig]:
    """Set everything up, and leave nothing behind."""
    for name in [name for name in os.environ if _misleads(name)]:
        del os.environ[name]
    with (
        tempfile.TemporaryDirectory(prefix="gpt-image-bench-") as folder,
        standing_in() as base_url,
        asyncio.Runner() as runner,
    ):
        yield Rig(base_url=base_url, folder=Path(folder), runner=runner)


@contextmanager
def standing_in(delay: float = 0.0) -> Iterator[str]:
    """Run the stand-in as a process; its base URL. It takes `delay` seconds for a picture."""
    command = [sys.executable, "-m", "tests.standin", "--port", "0", "--delay", str(delay)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _misleads(name: str) -> bool:
    return name.startswith("OPENAI_") or name.lower().endswith("_proxy")
