"""The page about OpenAI's clients: its blocks run as they are, but for the address."""

import sys
from pathlib import Path

import anyio
import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import blocks
from tests.e2e.client_programs import HIDDEN, litellm_python, node, node_packages
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import settings_in

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]  # the first test installs the clients
PAGE = ROOT / "docs" / "openai-clients.md"
PYTHON = [block.text for block in blocks(PAGE, "python")]
JAVASCRIPT = [block.text for block in blocks(PAGE, "js")]
HAS_IMAGE = "if (!(reply.image?.base64 ?? reply.data[0].b64_json)) throw new Error('no image');"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The packages from npm; a session fixture runs before the environment is hidden."""
    return node_packages()


@pytest.fixture(scope="session")
def litellm() -> str:
    return str(litellm_python())


async def test_the_python_of_the_page_runs(tmp_path: Path, litellm: str) -> None:
    assert len(PYTHON) == 2
    for code in PYTHON:
        python = litellm if "import litellm" in code else sys.executable
        await run(f"{code}\nassert reply.data[0].b64_json", [python, "-c"], tmp_path)


async def test_the_javascript_of_the_page_runs(tmp_path: Path, packages: Path) -> None:
    assert len(JAVASCRIPT) == 2
    for code in JAVASCRIPT:
        program = [node(), "--input-type=module", "--eval"]
        await run(f"{code}\n{HAS_IMAGE}", program, tmp_path, packages)


async def run(code: str, program: list[str], folder: Path, cwd: Path | None = None) -> None:
    """Run the code of a block against a server."""
    assert "http://localhost:3000" in code
    async with serve(settings_in(folder, provider="sketch")) as url:
        local = code.replace("http://localhost:3000", url)
        done = await anyio.run_process([*program, local], check=False, cwd=cwd, env=HIDDEN)
    assert done.returncode == 0, done.stderr.decode()
