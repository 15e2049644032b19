"""Requests to the page at `/` as a browser sends them, without a browser."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.e2e.asgi_client import HOST, AsgiClient, Reply

TOKEN = "a-token-of-the-tests-5f1c"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OWN = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CSRF = re.compile(r'name="csrf-token" content="([0-9a-f]{64})"')


async def sign_in(client: AsgiClient, token: str = TOKEN, **fields: str) -> Reply:
    """Submit the form of the token."""
    body = urlencode({"token": token, **fields}).encode()
    return await client.request("POST", "/page/sign-in", {**HTML, **OWN, **FORM}, body)


def cookie_of(reply: Reply) -> dict[str, str]:
    """The Cookie header that a browser sends after this response."""
    return {"Cookie": reply.headers["set-cookie"].partition(";")[0]}


async def signed_in(client: AsgiClient) -> dict[str, str]:
    """Sign in; return the headers of the session's requests, with its CSRF token."""
    cookie = cookie_of(await sign_in(client))
    return {**OWN, **cookie, "X-CSRF-Token": await csrf_token(client, cookie)}


async def csrf_token(client: AsgiClient, headers: Mapping[str, str]) -> str:
    """The CSRF token of a page that is opened with these headers."""
    reply = await client.request("GET", "/", {**HTML, **headers})
    found = CSRF.search(reply.body.decode())
    assert found, reply.status
    return found[1]
