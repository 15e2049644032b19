"""The page about OpenAI's clients: its Python blocks run as they are, but for the address."""

import sys
from pathlib import Path

import anyio
import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
PAGE = ROOT / "docs" / "openai-clients.md"


async def test_what_the_page_prints_runs(tmp_path: Path) -> None:
    async with serve(settings_in(tmp_path, provider="sketch")) as url:
        for code in (block.text for block in blocks(PAGE, "python")):
            assert "http://localhost:3000" in code
            local = code.replace("http://localhost:3000", url)
            command = [sys.executable, "-c", f"{local}\nassert reply.data[0].b64_json"]
            done = await anyio.run_process(command, check=False)
            assert done.returncode == 0, done.stderr.decode()
