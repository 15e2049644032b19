"""Access control on every route of the HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from dependency_injector.providers import Object

from domain.errors import NotFound
from tests.e2e.asgi_client import HOST, AsgiClient, asgi_client
from tests.e2e.raw_connections import connect, listen
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-tests-5f1c"
USE_CASES = ("generate_image", "edit_image", "view_image", "get_mask", "clear_cache")
REFUSALS = {
    "bad_host": 400,
    "unauthorized": 401,
    "foreign_page": 403,
    "not_json": 415,
    "misdirected": 421,
}
OTHER_CODES = {"invalid_api_key": "unauthorized", "unsupported_media_type": "not_json"}
FILES = ("/uploads", "/masks")
FORMS = [*FILES] + [f"{b}/images/edits{e}" for b in ("", "/v1") for e in ("", "/async")]
PROBES = ("/livez", "/readyz")
OPEN = (*PROBES, "/health", "/openapi.json", "/asyncapi.json", "/docs", "/docs/folder/name")
PROMPT = b'{"prompt": "a red bridge", "fresh": true}'

HOSTS = {HOST: None, "evil.example": "misdirected", "me@127.0.0.1": "bad_host"}
ORIGINS = {
    None: None,
    f"http://{HOST}": None,
    "http://evil.example": "foreign_page",
    "null": "foreign_page",
}
TOKENS = {f"Bearer {TOKEN}": None, None: "unauthorized", "Bearer wrong": "unauthorized"}
TYPES = {
    "application/json": None,
    "Application/JSON; charset=utf-8": None,
    "text/plain": "not_json",
    "application/x-www-form-urlencoded": "not_json",
    "multipart/form-data; boundary=x": "not_json",
    None: "not_json",
}


class RecordingUseCase:
    """Counts its calls, and raises NotFound."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, *_: object, **__: object) -> None:
        self.calls += 1
        raise NotFound("reached")


@asynccontextmanager
async def client_with(
    folder: Path,
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[tuple[AsgiClient, RecordingUseCase]]:
    """A client of an application whose use cases are replaced by one that counts calls."""
    use_case = RecordingUseCase()
    async with asgi_client(settings_in(folder, **settings), provider=FakeProvider()) as client:
        for name in USE_CASES:
            getattr(client.container, name).override(Object(use_case))
        yield client, use_case


def expected_code(method: str, path: str, *reasons: str | None) -> str | None:
    """The expected code: of the first of host, origin, token and content type that applies."""
    host, origin, token, media_type = reasons
    return (
        (None if path in PROBES else host or origin)
        or (None if path in OPEN else token)
        or (media_type if method == "POST" else None)
    )


async def test_every_route_checks_host_origin_token_and_content_type(
    tmp_path: Path,
) -> None:
    """A refused request reaches no use case; every other request is accepted."""
    actual, expected = {}, {}
    async with client_with(tmp_path, auth_token=TOKEN) as (client, use_case):
        for method, path in client.routes():
            for row in product(HOSTS, ORIGINS, TOKENS, TYPES):
                host, origin, token, media_type = row
                given = {"Origin": origin, "Authorization": token, "Content-Type": media_type}
                headers = {name: value for name, value in given.items() if value is not None}
                before = use_case.calls
                reply = await client.request(method, path, headers, PROMPT, host=host)
                code = OTHER_CODES.get(reply.code or "", reply.code)
                code = code if code in REFUSALS else None
                assert code is None or use_case.calls == before, (method, path, row)
                assert code is None or reply.status == REFUSALS[code]
                actual[method, path, row] = code
                refused = "not_json" if path in FILES else TYPES[media_type]
                if path in FORMS and (media_type or "").startswith("multipart/form-data"):
                    refused = None
                reasons = (HOSTS[host], ORIGINS[origin], TOKENS[token], refused)
                expected[method, path, row] = expected_code(method, path, *reasons)
        assert {key for key in actual if actual[key] != expected[key]} == set()
        assert use_case.calls > 0


def host_table(*names: str, code: str | None) -> dict[str, str | None]:
    return dict.fromkeys(names, code)


OWN_HOSTS = host_table(
    *("localhost", "localhost:3000", "LOCALHOST:80", "localhost.", "localhost.:3000", "localhost:"),
    *("127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:3000"),
    code=None,
)
FOREIGN_HOSTS = host_table(
    *("localhost.evil.example", "127.0.0.1.evil.example", "evil.example:3000", "evillocalhost"),
    *("0.0.0.0", "2130706433", "0x7f000001", "127.1", "127.0.0.2", "[::]", "[::ffff:127.0.0.1]"),  # noqa: S104 - host names, not bound
    *("169.254.169.254", "example.com", "pics.example.com"),
    code="misdirected",
)
INVALID_HOSTS = host_table(
    *("", " ", ":3000", "localhost:3000:3000", "localhost:port", "localhost:999999", "::1"),
    *("me@localhost", "localhost@evil.example", "localhost, evil.example", "localhost/", "[::1"),
    *("localhost\\@evil.example", "local host", "localhost#", "localhost%2eevil.example", "."),
    *("a..", "localhost.."),
    code="bad_host",
)


async def test_a_host_is_own_foreign_or_invalid(tmp_path: Path) -> None:
    expected = {**OWN_HOSTS, **FOREIGN_HOSTS, **INVALID_HOSTS}
    async with client_with(tmp_path) as (client, _):
        codes = {
            host: (await client.request("GET", "/health", host=host)).code for host in expected
        }
    assert codes == expected


async def test_a_request_without_exactly_one_host_is_rejected(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _):
        without = await client.request("GET", "/health", host=None)
        doubled = await client.request("GET", "/health", [("Host", "evil.example")])
        twice = await client.request("GET", "/health", [("Host", HOST)])
    assert [reply.code for reply in (without, doubled, twice)] == ["bad_host"] * 3


REQUESTS = {
    b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n": b"200",
    b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n": b"200",
    b"GET /livez HTTP/1.0\r\n\r\n": b"200",
    b"GET /health HTTP/1.0\r\n\r\n": b"400",
    b"GET /health HTTP/1.1\r\n\r\n": b"400",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n": b"400",
    b"GET /health HTTP/1.1\r\nHost: me@localhost\r\n\r\n": b"400",
    b"GET /health HTTP/1.1\r\nHOST:\t EVIL.example \r\n\r\n": b"421",
    b"GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\n\r\n": b"421",
    b"POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}": b"415",
}


async def test_the_checks_are_the_same_over_a_socket(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _), listen(client.app.asgi) as port:
        for request, status in REQUESTS.items():
            async with connect(port) as connection:
                await connection.send(request)
                assert (await connection.read_reply()).split(b" ")[1] == status, request


async def test_probes_accept_any_host(tmp_path: Path) -> None:
    """Orchestrators call containers by addresses that are not known in advance."""
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        for path, host in product(PROBES, ("10.1.2.3", "evil.example", None)):
            headers = {"Origin": "http://evil.example"}
            assert (await client.request("GET", path, headers, host=host)).status == 200


async def test_settings_add_hosts(tmp_path: Path) -> None:
    settings = {
        "allowed_hosts": "pics.example.com, Other.example:8443, [2001:db8::1]",
        "public_url": "https://public.example:444/studio/",
        "host": "192.168.1.5",
    }
    names = ["pics.example.com", "pics.example.com:3000", "other.example", "OTHER.example:1"]
    names += ("public.example", "public.example:444", "192.168.1.5:3000", "[2001:db8::1]:3000")
    async with client_with(tmp_path, **settings) as (client, _):
        for name in (*names, *OWN_HOSTS):
            assert (await client.request("GET", "/health", host=name)).status == 200, name
        for name in ("example.com", "evil.pics.example.com", "192.168.1.6", "[2001:db8::2]"):
            assert (await client.request("GET", "/health", host=name)).status == 421, name


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("10.1.2.3", "10.1.2.3:3000", 200),
        ("2001:db8::7", "[2001:db8::7]", 200),
        ("10.1.2.3", "10.1.2.4:3000", 421),
        ("evil.example", "evil.example", 421),
        ("/run/server.socket", "evil.example", 421),
    ],
)
async def test_the_address_of_the_listening_socket_is_an_accepted_host(
    address: str, host: str, status: int, tmp_path: Path
) -> None:
    """An attacker can point a name at the server, but not an address."""
    settings = {"host": "0.0.0.0", "allow_unauthenticated": True}  # noqa: S104 - nothing is bound
    async with client_with(tmp_path, **settings) as (client, _):
        reply = await replace(client, server=(address, 3000)).request("GET", "/health", host=host)
    assert reply.status == status


FOREIGN_ORIGINS = (
    *("null", "http://evil.example", "https://127.0.0.1.evil.example", "http://127.0.0.1:3001"),
    *("http://localhost:3000", "http://127.0.0.1", "http://me@127.0.0.1:3000", "", "http://["),
    *("file://", "chrome-extension://127.0.0.1:3000", "capacitor://127.0.0.1:3000"),
    *("http://127.0.0.1:3000, http://evil.example", "http://127.0.0.1:3000/", "127.0.0.1:3000"),
)


async def test_a_page_of_another_origin_is_rejected(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, use_case):
        for origin in FOREIGN_ORIGINS:
            for headers in ({"Origin": origin}, [("Origin", f"http://{HOST}"), ("Origin", origin)]):
                for method, path in (("GET", "/health"), ("GET", "/images/x"), ("DELETE", "/mcp")):
                    assert (await client.request(method, path, headers)).code == "foreign_page", (
                        origin
                    )
            reply = await client.post("/images", {"prompt": "x"}, Origin=origin)
            assert reply.code == "foreign_page", origin
        assert use_case.calls == 0


async def test_the_servers_own_page_is_accepted(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, use_case):
        for origin in (f"http://{HOST}", f"https://{HOST}", "HTTP://127.0.0.1:3000"):
            await client.post("/images", {"prompt": "x"}, Origin=origin)
        assert use_case.calls == 3


async def test_the_public_origin_is_accepted_behind_a_proxy(tmp_path: Path) -> None:
    url = "https://Public.example/studio"
    async with client_with(tmp_path, public_url=url) as (client, use_case):
        await client.post("/images", {"prompt": "x"}, Origin="https://public.example")
        assert use_case.calls == 1


WRONG_TOKENS = (
    *("", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer x{TOKEN}"),
    *(f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()}", f"Bearer {TOKEN} {TOKEN}", "Bearer \xff"),
)


async def test_only_the_exact_token_is_accepted(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        for wrong in WRONG_TOKENS:
            both = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", wrong)]
            for headers in ({"Authorization": wrong}, both):
                reply = await client.request("GET", "/metrics", headers)
                assert reply.code == "unauthorized", wrong
                assert reply.headers["www-authenticate"].startswith("Bearer ")
                assert TOKEN not in reply.body.decode()


async def test_the_token_gives_access(tmp_path: Path) -> None:
    async with client_with(tmp_path, auth_token=TOKEN) as (client, _):
        for scheme in ("Bearer", "bearer", "BEARER"):
            reply = await client.request("GET", "/metrics", {"Authorization": f"{scheme} {TOKEN}"})
            assert reply.status == 200


async def test_two_content_types_are_rejected(tmp_path: Path) -> None:
    types = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    async with client_with(tmp_path) as (client, use_case):
        for headers in (types, types[::-1]):
            assert (await client.request("POST", "/images", headers, PROMPT)).code == "not_json"
        assert use_case.calls == 0
