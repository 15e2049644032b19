"""What every page has: its address, its policy, its files, its errors."""

import re
from pathlib import Path

import pytest

from entrypoints.http.page.responses import CONTENT_SECURITY_POLICY
from entrypoints.http.page.views import VIEWS
from tests.e2e.page.page_client import FORM, HTML, TOKEN, signed_in
from tests.e2e.test_access_control import client_with

pytestmark = pytest.mark.anyio

PATHS = ("/", "/page/nothing", *(f"/page/{view.name}" for view in VIEWS))
PROTECTION = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    directives = dict(each.split(" ", 1) for each in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == directives["frame-ancestors"] == "'none'"
    sources = {source for value in directives.values() for source in value.split()}
    assert sources == {"'none'", "'self'", "data:"}
    assert [name for name, value in directives.items() if "data:" in value] == ["img-src"]


async def test_every_page_has_the_policy_and_is_in_no_frame(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        headers = await signed_in(client)
        for path in (*PATHS, "/page/sign-in"):
            for sent in ({**HTML, **headers}, HTML):
                reply = await client.request("GET", path, sent)
                assert {name: reply.headers.get(name) for name in PROTECTION} == PROTECTION, path


@pytest.mark.parametrize("dest", ["iframe", "frame", "embed", "object"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_gets_no_page_for_a_frame(dest: str, site: str, tmp_path: Path) -> None:
    """Browsers too old for Sec-Fetch-Site read frame-ancestors or X-Frame-Options."""
    fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": dest}
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        headers = await signed_in(client)
        for path in (*PATHS, "/page/sign-in"):
            sent = {**HTML, **{k: v for k, v in headers.items() if k == "Cookie"}, **fetch}
            assert (await client.request("GET", path, sent)).code == "foreign_page", path


async def test_pages_have_no_inline_script_or_style_and_load_from_their_own_host(
    tmp_path: Path,
) -> None:
    async with client_with(tmp_path) as (client, _):
        for path in PATHS:
            html = (await client.request("GET", path, HTML)).body.decode()
            assert (
                re.findall(r'<script(?! src=)|<style|\sstyle=|\son\w+=|hx-on|="[a-z:]*//', html)
                == []
            )


async def test_the_files_are_cached_forever_and_open_without_the_token(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        html = (await client.request("GET", "/page/sign-in", HTML)).body.decode()
        files = re.findall(r'(?:src|href)="(assets/[^"]+)"', html)
        assert {file.rpartition("/")[2] for file in files} == {"page.js", "page.css"}
        for file in files:
            reply = await client.request("GET", f"/{file}")
            assert reply.status == 200
            assert "immutable" in reply.headers["cache-control"]
            fresh = {"If-None-Match": reply.headers["etag"]}
            assert (await client.request("GET", f"/{file}", fresh)).status == 304
        assert (await client.request("GET", "/assets/x/page.js")).status == 404


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html;q=0, */*"])
async def test_clients_that_want_no_html_get_what_they_got_before(
    accept: str, tmp_path: Path
) -> None:
    async with client_with(tmp_path) as (client, _):
        headers = {"Accept": accept} if accept else {}
        for method in ("GET", "POST", "DELETE"):
            assert (await client.request(method, "/", headers)).code == "not_found"
        assert (await client.request("POST", "/", HTML)).code == "not_found"


async def test_the_page_can_be_turned_off(tmp_path: Path) -> None:
    async with client_with(tmp_path, page="off", auth_token=TOKEN) as (client, _):
        for path in ("/", "/page/create", "/page/sign-in", "/assets/x/page.js"):
            assert (await client.request("GET", path, HTML)).code == "not_found"
        reply = await client.request("POST", "/page/sign-in", {**HTML, **FORM}, b"token=x")
        assert reply.code == "not_found"


async def test_an_unknown_view_is_an_error_page_with_a_way_back(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _):
        reply = await client.request("GET", "/page/nothing", HTML)
        assert reply.status == 404
        assert "This page does not exist." in reply.body.decode()
        part = await client.request("GET", "/page/nothing", {**HTML, "HX-Request": "true"})
        assert "<html" not in part.body.decode()
        assert (await client.request("PUT", "/page/create", HTML)).status == 403


async def test_the_page_is_in_no_description_of_the_api(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _):
        paths = (await client.request("GET", "/openapi.json")).json["paths"]
    assert [path for path in paths if path.startswith(("/page", "/assets"))] == []
    assert "/" not in paths
