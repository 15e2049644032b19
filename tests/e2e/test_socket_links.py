"""Links that open a WebSocket without the token, which browsers cannot send with one."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from entrypoints.http.routes import web_sockets
from tests.e2e.image_socket import SUBPROTOCOL, ImageSocket
from tests.e2e.linked_images import BEARER, TOKEN
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio


async def links_of(url: str, **headers: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=url, headers=headers or BEARER) as http:
        response = await http.post("/ws/links")
    links: dict[str, Any] = response.json()
    return links | {"response_status": response.status_code}


async def status_of(address: str, subprotocol: str = SUBPROTOCOL) -> int:
    """The status of the answer to the opening handshake."""
    try:
        async with connect(address, subprotocols=[Subprotocol(subprotocol)], proxy=None):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


async def test_a_link_opens_a_socket_whose_links_to_images_outlive_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with serve(settings, provider=FakeProvider()) as url:
        links = await links_of(url)
        assert links["response_status"] == 201
        async with connect(links["url"], subprotocols=[SUBPROTOCOL], proxy=None) as connection:
            made = (await ImageSocket(connection).ask("generate", arguments={"prompt": "x"}))[-1]
        link = made["result"]["images"][0]["url"]
        assert int(parse_qs(urlsplit(link).query)["expires"][0]) > links["expires"] + 600
        async with httpx2.AsyncClient() as http:
            assert (await http.get(link)).status_code == 200
        assert await status_of(links["mcpUrl"], "mcp") == 101


async def test_a_link_opens_nothing_else_and_no_altered_one_opens_anything(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with serve(settings, provider=FakeProvider()) as url:
        links = await links_of(url)
        query = urlsplit(links["url"]).query
        assert await status_of(f"{links['mcpUrl'].partition('?')[0]}?{query}", "mcp") == 403
        assert await status_of(links["url"] + "A") == 403
        later = {**dict(parse_qs(query)), "expires": [str(links["expires"] + 1)]}
        address = links["url"].partition("?")[0]
        assert await status_of(f"{address}?{urlencode(later, doseq=True)}") == 403
        assert await status_of(address) == 401
        async with httpx2.AsyncClient(base_url=url) as http:
            assert (await http.get(f"/images?{query}")).status_code == 401
            assert (await http.get(f"/ws?{query}")).status_code == 401


async def test_an_expired_link_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_sockets, "LINK_SECONDS", -1)
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with serve(settings, provider=FakeProvider()) as url:
        assert await status_of((await links_of(url))["url"]) == 403


async def test_only_the_token_gets_links_and_only_where_links_are_signed(
    tmp_path: Path,
) -> None:
    async with serve(settings_in(tmp_path, auth_token=TOKEN)) as url:
        assert (await links_of(url, authorization="Bearer no"))["code"] == "unauthorized"
    async with serve(settings_in(tmp_path, auth_token=TOKEN, link_ttl=0)) as url:
        assert (await links_of(url))["code"] == "not_found"
    async with serve(settings_in(tmp_path)) as url:
        links = await links_of(url)
        assert "signature" not in links["url"]
        assert await status_of(links["url"]) == 101
