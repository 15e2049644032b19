"""The OpenAPI document against the server that it describes: neither surprises the other."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from dependency_injector.providers import Object

from tests.architecture.checkout import ROOT
from tests.e2e.served import served
from tests.fakes import FakeProvider, picture, settings_in

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-tests-5f1c"
SCHEMATHESIS = Path(sys.executable).with_name("st")
CONFIG = ROOT / "tests" / "e2e" / "schemathesis.toml"


async def test_no_request_is_answered_with_what_is_not_documented(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN, rate_limit="0")
    provider = Object(FakeProvider(picture(size=(64, 64))))
    async with served(settings, provider=provider) as url:
        process = await asyncio.create_subprocess_exec(
            *(SCHEMATHESIS, "--config-file", CONFIG, "run", f"{url}/openapi.json"),
            *("-n", "6", "--no-color", "-H", f"Authorization: Bearer {TOKEN}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert b"0 selected" not in said
