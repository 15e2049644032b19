"""A browser signs in with the token, and its session is worth the token for nothing but itself."""

from pathlib import Path

import pytest

from entrypoints.http.page.page_application import MAX_FORM_BYTES
from entrypoints.http.security.page_sessions import LIFETIME, PageSessions
from tests.e2e.asgi_client import HOST, JSON
from tests.e2e.page.page_client import (
    CSRF,
    FORM,
    HTML,
    OWN,
    TOKEN,
    cookie_of,
    csrf_token,
    sign_in,
    signed_in,
)
from tests.e2e.test_access_control import PROMPT, client_with
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio

CHANGES = (
    ("POST", "/images"),
    ("DELETE", "/images/img_" + "0" * 32),
    ("POST", "/uploads"),
    ("POST", "/masks"),
    ("POST", "/mcp"),
    ("POST", "/mcp/stream"),
    ("POST", "/v1/images/generations"),
    ("POST", "/page/sign-out"),
)
FOREIGN = (
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:4000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
)


async def test_the_token_is_exchanged_for_a_cookie_that_scripts_cannot_read(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        reply = await sign_in(client, next="page/wall")
    assert (reply.status, reply.headers["location"]) == (303, "../page/wall")
    _, *options = reply.headers["set-cookie"].split("; ")
    assert options == ["Path=/", f"Max-Age={LIFETIME}", "HttpOnly", "SameSite=Strict"]
    assert TOKEN not in reply.headers["set-cookie"]


async def test_the_cookie_is_secure_where_the_browser_uses_https(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        body = f"token={TOKEN}".encode()
        headers = {**HTML, "Origin": f"https://{HOST}", "Sec-Fetch-Site": "same-origin"}
        reply = await client.request("POST", "/page/sign-in", headers, body)
    assert "; Secure" in reply.headers["set-cookie"]


@pytest.mark.parametrize("token", ["", "wrong", f"{TOKEN}x", TOKEN[:-1], TOKEN.upper()])
async def test_a_wrong_token_gets_no_cookie(token: str, tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        reply = await sign_in(client, token)
    assert reply.status == 403
    assert "set-cookie" not in reply.headers
    assert "not the server" in reply.body.decode()


@pytest.mark.parametrize(
    "given", ["//evil.example", "https://evil.example", "page//evil", "\\evil"]
)
async def test_signing_in_leads_to_no_other_host(given: str, tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        assert (await sign_in(client, next=given)).headers["location"] == "../"


async def test_no_form_without_the_token_is_an_incident_or_takes_long_to_read(
    tmp_path: Path,
) -> None:
    """Any client can send this form, and reading one of 45 MB took 6 seconds."""
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        many = await sign_in(client, **{f"field{number}": "x" for number in range(20)})
        long = await sign_in(client, more="x" * 16 * 1024)
        huge = await sign_in(client, more="x" * MAX_FORM_BYTES)
    assert [reply.status for reply in (many, long, huge)] == [403, 403, 413]
    assert "set-cookie" not in long.headers


async def test_a_session_works_behind_a_proxy_that_changes_host(tmp_path: Path) -> None:
    """As nginx does with `proxy_set_header Host $host`: that has no port."""
    site, host = "https://images.example.com:8443", "images.example.com"
    page = {"Origin": site, "Sec-Fetch-Site": "same-origin"}
    settings = {"auth_token": TOKEN, "public_url": site}
    async with client_with(tmp_path, **settings) as (client, use_case):
        form = {**HTML, **FORM, **page}
        body = f"token={TOKEN}".encode()
        cookie = cookie_of(await client.request("POST", "/page/sign-in", form, body, host=host))
        html = (await client.request("GET", "/", {**HTML, **cookie}, host=host)).body.decode()
        found = CSRF.search(html)
        assert found
        headers = {**JSON, **page, **cookie, "X-CSRF-Token": found[1]}
        assert (await client.request("POST", "/images", headers, PROMPT, host=host)).status == 404
        assert use_case.calls == 1
        other = {**headers, "Origin": "https://images.example.com:9443"}
        assert (await client.request("POST", "/images", other, PROMPT, host=host)).status == 403


async def test_a_session_reads_what_the_token_reads(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        cookie = cookie_of(await sign_in(client))
        for path in ("/images", "/jobs", "/usage", "/metrics"):
            assert (await client.request("GET", path)).code == "unauthorized"
            assert (await client.request("GET", path, cookie)).status == 200, path


async def test_a_session_changes_things_only_with_its_csrf_token(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, use_case):
        headers, others = await signed_in(client), await signed_in(client)
        wrong = {"X-CSRF-Token": others["X-CSRF-Token"]}
        for method, path in CHANGES:
            for bad in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "\xff"}, wrong):
                reply = await client.request(method, path, {**JSON, **headers, **bad}, PROMPT)
                assert reply.code == "csrf_token_missing", (method, path)
        assert use_case.calls == 0
        assert (await client.request("POST", "/images", {**JSON, **headers}, PROMPT)).status == 404
        assert use_case.calls == 1


async def test_pages_of_other_origins_cannot_use_the_session(tmp_path: Path) -> None:
    """Not even those of CORS_ORIGIN: they may use a token that they know, and no cookie."""
    for settings in ({}, {"cors_origin": "*"}):
        folder = tmp_path / str(len(settings))
        async with client_with(folder, auth_token=TOKEN, **settings) as (client, use_case):
            headers = await signed_in(client)
            for foreign in FOREIGN:
                sent = {**{k: v for k, v in headers.items() if k not in OWN}, **foreign}
                for method, path in (("GET", "/images"), *CHANGES):
                    reply = await client.request(method, path, {**JSON, **sent}, PROMPT)
                    assert reply.status in (401, 403), (foreign, path)
            assert use_case.calls == 0


async def test_a_token_is_judged_alone_whatever_the_cookie(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        headers = await signed_in(client)
        wrong = await client.request("GET", "/images", {**headers, "Authorization": "Bearer x"})
        assert wrong.code == "unauthorized"
        right = {"Authorization": f"Bearer {TOKEN}", "Cookie": "gpt_image_session_3000=x"}
        assert (await client.request("DELETE", "/images/img_1", right)).code == "not_found"


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(0, 10), slice(0, 0)])
async def test_a_changed_cookie_is_worth_nothing(cut: slice, tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        name, _, value = cookie_of(await sign_in(client))["Cookie"].partition("=")
        for changed in (value[cut], value.replace(value[12], "x", 1), f"2{value[1:]}"):
            reply = await client.request("GET", "/images", {"Cookie": f"{name}={changed}"})
            assert reply.code == "unauthorized"


async def test_a_session_ends_with_signing_out(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        headers = await signed_in(client)
        reply = await client.request("POST", "/page/sign-out", {**HTML, **headers})
        assert "Max-Age=0" in reply.headers["set-cookie"]
        assert (await client.request("GET", "/images", headers)).code == "unauthorized"


def test_a_session_ends_after_its_time_and_with_another_token(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    sessions = PageSessions(settings_in(tmp_path, auth_token=TOKEN), lambda: now[0])
    scope = {"scheme": "http", "headers": [(b"host", b"localhost:3000")]}
    cookie = sessions.sign_in(scope).partition(";")[0].encode()
    scope["headers"] = [(b"host", b"localhost:3000"), (b"cookie", cookie)]
    assert sessions.session_of(scope)
    again = PageSessions(settings_in(tmp_path, auth_token=TOKEN), lambda: now[0])
    assert again.session_of(scope)
    other = PageSessions(settings_in(tmp_path, auth_token=f"{TOKEN}x"), lambda: now[0])
    assert other.session_of(scope) is None
    now[0] += LIFETIME
    assert sessions.session_of(scope) is None


async def test_a_browser_without_a_session_is_sent_to_the_form(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        page = await client.request("GET", "/page/jobs", HTML)
        assert (page.status, page.headers["location"]) == (303, "../page/sign-in?next=page/jobs")
        part = await client.request("GET", "/page/jobs", {**HTML, "HX-Request": "true"})
        assert part.headers["hx-redirect"] == "page/sign-in?next=page/jobs"
        assert (await client.request("GET", "/page/jobs")).code == "unauthorized"
        assert (await client.request("GET", "/page/sign-in", HTML)).status == 200


async def test_the_way_back_repeats_the_address_and_nothing_else(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        edit = await client.request("GET", "/page/create?edit=img_1&x=a%20b", HTML)
        expected = "../page/sign-in?next=page/create%3Fedit%3Dimg_1%26x%3Da%2520b"
        assert edit.headers["location"] == expected
        odd = await client.request("GET", "/page/a\r\nSet-Cookie: a=b\u2028", HTML)
    assert odd.headers["location"].isascii()
    assert odd.headers["location"].isprintable()
    assert "set-cookie" not in odd.headers


async def test_without_a_token_the_page_needs_no_session_but_changes_need_its_csrf_token(
    tmp_path: Path,
) -> None:
    async with client_with(tmp_path) as (client, _):
        assert (await client.request("GET", "/", HTML)).status == 200
        assert (await client.request("POST", "/page/sign-out", HTML)).code == "csrf_token_missing"
        part = await client.request("POST", "/page/create/start", {**HTML, "HX-Request": "true"})
        assert (part.status, part.headers["hx-retarget"]) == (403, "#notices")
        assert "Reload the page." in part.body.decode()
        assert "<html" not in part.body.decode()
        headers = {**HTML, "X-CSRF-Token": await csrf_token(client, {})}
        assert (await client.request("POST", "/page/sign-out", headers)).status == 303
