"""Which paths exist, and which of them need the token."""

from itertools import product
from pathlib import Path

import pytest

from tests.e2e.asgi_client import JSON
from tests.e2e.test_access_control import PROMPT, TOKEN, client_with

pytestmark = pytest.mark.anyio


async def test_every_spelling_of_a_path_requires_the_token(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        for path in ("/images", "/images/", "//images", "//docs", "/docs/", "/livez/", "//mcp"):
            open_folder = path == "/docs/"
            expected = None if open_folder else "unauthorized"
            assert (await client.request("GET", path)).code == expected, path


async def test_an_unknown_path_serves_nothing_without_the_token(tmp_path: Path) -> None:
    unknown = ("/nothing", "/docsx", "/health/x", "/images//x", "/IMAGES", "/images/x/y/z")
    async with client_with(tmp_path, auth_token=TOKEN) as (client, use_case):
        for method, path in product(("GET", "POST", "DELETE"), unknown):
            assert (await client.request(method, path, JSON, PROMPT)).code == "not_found", path
    assert use_case.calls == 0
