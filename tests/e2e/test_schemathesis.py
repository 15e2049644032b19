"""The OpenAPI document and the server that it describes agree."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from schemathesis.openapi import from_dict

from domain.provider_errors import ContentRefused
from tests.architecture.checkout import ROOT
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-tests-5f1c"
SCHEMATHESIS = Path(sys.executable).with_name("st")
CONFIG = ROOT / "tests" / "e2e" / "schemathesis.toml"


@pytest.mark.timeout(300)
async def test_every_response_is_documented(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN, rate_limit="0")
    provider = FakeProvider(small_image(size=(64, 64)))
    async with serve(settings, provider=provider) as url:
        process = await asyncio.create_subprocess_exec(
            *(SCHEMATHESIS, "--config-file", CONFIG, "run", f"{url}/openapi.json"),
            *("-n", "3", "--no-color", "-H", f"Authorization: Bearer {TOKEN}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b" 0 selected" not in output


class CheckedClient:
    """A client that checks every response against the document."""

    def __init__(self, client: httpx2.AsyncClient, document: dict[str, Any]) -> None:
        self.client = client
        self.schema = from_dict(document)
        self.names: dict[str, str] = {}

    async def request(self, status: int, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401 - options of httpx2
        """Send a request with the known path parameters; POST if there is JSON."""
        method = "POST" if "json" in options else "GET"
        reply = await self.client.request(method, path.format(**self.names), **options)
        assert reply.status_code == status
        operation = self.schema[path][method]
        described = operation.definition.raw["responses"][str(status)].get("content", {})
        media_type = reply.headers.get("content-type", "").partition(";")[0]
        assert media_type in (described or [""])
        operation.validate_response(reply)
        return reply


async def test_responses_that_need_an_id_match_the_document(tmp_path: Path) -> None:
    """They need an ID or a certain state, which random requests rarely have."""
    refused = ContentRefused("No.", stage="input", categories=["violence"])
    provider = FakeProvider(small_image(size=(64, 64)), fails=[refused, refused])
    settings = settings_in(tmp_path, rate_limit="0")
    async with (
        serve(settings, provider=provider) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        api = CheckedClient(client, (await client.get("/openapi.json")).json())
        await api.request(422, "/images", json={"prompt": "x"})
        await api.request(200, "/mcp/stream", json={"prompt": "x"})  # and ends with `error`
        reply = await api.request(200, "/mcp/stream", json={"prompt": "x", "partialImages": 3})
        api.names["job_id"] = reply.headers["x-job-id"]
        reply = await api.request(201, "/images", params={"inline": True}, json={"prompt": "x"})
        api.names["picture_id"] = reply.json()["images"][0]["id"]
        await api.request(200, "/jobs/{job_id}/events")
        await api.request(204, "/jobs/{job_id}/events", headers={"Last-Event-ID": "99"})
        for view in ("", "/preview", "/thumb"):
            path = "/images/{picture_id}" + view
            whole = await api.request(200, path)
            await api.request(206, path, headers={"Range": "bytes=0-3"})
            await api.request(304, path, headers={"If-None-Match": whole.headers["etag"]})
            await api.request(416, path, headers={"Range": "bytes=9999999-"})
