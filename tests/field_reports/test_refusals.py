"""What a refused client and the server's operator are told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from entrypoints.config.http_checks import HttpServerSettings
from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from tests.architecture.checkout import ROOT
from tests.e2e.asgi_client import JSON, AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
SECRET = "hunter2-hunter2"
TOKEN = "a-token-of-the-tests-5f1c"


def log_lines(text: str) -> list[dict[str, Any]]:
    """The lines about requests."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "request"]


UNKNOWN_HOSTS = {
    "F14 a service": ("gpt-image:3000", "gpt-image"),
    "F14 Docker's host": ("host.docker.internal:3000", "host.docker.internal"),
    "F14 every address": ("0.0.0.0:3000", "0.0.0.0"),  # noqa: S104 - a host name
    "sibling: Kubernetes": ("images.default.svc.cluster.local", "images.default.svc.cluster.local"),
    "sibling: capitals and a dot": ("Images.Example.COM.:8443", "images.example.com"),
    "sibling: an IPv6 address": ("[2001:db8::1]:3000", "[2001:db8::1]"),
    "sibling: an underscore": ("my_service:3000", "my_service"),
}


@pytest.mark.parametrize(("host", "name"), UNKNOWN_HOSTS.values(), ids=UNKNOWN_HOSTS)
async def test_an_unknown_host_is_named_with_the_setting_that_lets_it_pass(
    host: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path, log_level="info", allowed_hosts="first.example")
    async with asgi_client(settings, provider=FakeProvider()) as client:
        replies = [await client.request("GET", "/health", host=host) for _ in range(2)]
    problem = replies[0].problem
    assert (replies[0].status, problem["code"]) == (421, "misdirected")
    assert name in problem["message"]
    assert f"ALLOWED_HOSTS={name}." in problem["hint"]
    assert "first.example" not in replies[0].body.decode(), "a stranger learns no other names"
    lines = log_lines(capsys.readouterr().err)
    assert [line["level"] for line in lines] == ["warning", "info"], "only the first is news"
    assert lines[0]["code"] == "misdirected"
    assert lines[0]["host"] == host.lower()
    setting, _, value = lines[0]["setting"].partition("=")
    advised = settings_in(tmp_path, **{setting.lower(): value})
    async with asgi_client(advised, provider=FakeProvider()) as client:
        for each in (host, "first.example"):
            assert (await client.request("GET", "/health", host=each)).status == 200


ORIGINS = {
    "a page": ("https://app.example.com", "CORS_ORIGIN=https://app.example.com"),
    "sibling: a local tool": ("http://localhost:6274", "CORS_ORIGIN=http://localhost:6274"),
    "sibling: an extension": ("chrome-extension://abc", "CORS_ORIGIN=chrome-extension://abc"),
    "sibling: a file": ("null", None),
    "sibling: no origin": ('"><script>', None),
}


@pytest.mark.parametrize(("origin", "setting"), ORIGINS.values(), ids=ORIGINS)
async def test_an_unknown_page_is_named_with_the_setting_that_lets_it_pass(
    origin: str, setting: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path, log_level="info")
    async with asgi_client(settings, provider=FakeProvider()) as client:
        reply = await client.request("GET", "/health", {"Origin": origin})
    (line,) = log_lines(capsys.readouterr().err)
    assert (reply.status, reply.code, line["code"]) == (403, "foreign_page", "foreign_page")
    assert line.get("setting") == setting
    if setting is None:
        assert line["origin"] in ("null", "invalid")
        return
    assert line["origin"] == origin
    assert setting in reply.problem["hint"]
    advised = settings_in(tmp_path, cors_origin=setting.partition("=")[2])
    async with asgi_client(advised, provider=FakeProvider()) as client:
        assert (await client.request("GET", "/health", {"Origin": origin})).status == 200


async def refusals(client: AsgiClient) -> dict[str, Reply]:
    """One request for each way to be refused, by its code."""
    auth = {"Authorization": f"Bearer {TOKEN}"}
    large = {**auth, **JSON, "Content-Length": str(10**12)}
    return {
        "unauthorized": await client.request(
            "GET", "/images", {"Authorization": f"Bearer {SECRET}", "Origin": "http://localhost"}
        ),
        "bad_host": await client.request("GET", "/images", auth, host=f"me:{SECRET}@localhost"),
        "not_found": await client.request("GET", "/sse", auth),
        "method_not_allowed": await client.request("PUT", "/images", auth),
        "too_large": await client.request("POST", "/images", large, b"{}"),
        "not_json": await client.request("POST", "/images", auth, b"{}"),
        "invalid_request": await client.request("POST", "/images", {**auth, **JSON}, b"{}"),
        "too_many_requests": await rate_limited(client, {**auth, **JSON}),
    }


async def rate_limited(client: AsgiClient, headers: dict[str, str]) -> Reply:
    bodies = [json.dumps({"prompt": f"fox {number}"}).encode() for number in range(2)]
    return [await client.request("POST", "/images", headers, body) for body in bodies][-1]


async def test_every_refusal_is_logged_with_its_code_and_host_and_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(
        tmp_path,
        log_level="info",
        auth_token=TOKEN,
        rate_limit="1/hour",
        cors_origin="http://localhost",
    )
    async with asgi_client(settings, provider=FakeProvider()) as client:
        replies = await refusals(client)
    assert {code: reply.code for code, reply in replies.items()} == {code: code for code in replies}
    error = capsys.readouterr().err
    lines = {line["code"]: line for line in log_lines(error) if line["status"] >= 400}
    assert lines.keys() == replies.keys()
    assert {lines[code]["host"] for code in lines if code != "bad_host"} == {"127.0.0.1:3000"}
    assert lines["bad_host"]["host"] == "invalid"
    assert lines["unauthorized"]["origin"] == "http://localhost"
    assert SECRET not in error
    assert TOKEN not in error


ALLOWED: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "F14 a name": ("gpt-image", ("gpt-image",)),
    "F14 a port": ("gpt-image:3000", ("gpt-image:3000",)),
    "F14 any port": ("gpt-image:*", None),
    "F14 anything": ("*", None),
    "F14 a list as JSON": ('["gpt-image"]', ("gpt-image",)),
    "sibling: two as JSON": ('[ "gpt-image", "[::1]:3000" ]', ("gpt-image", "[::1]:3000")),
    "sibling: commas at the end": ("gpt-image, ,", ("gpt-image",)),
    "sibling: an IPv6 address": ("[2001:db8::1]", ("[2001:db8::1]",)),
    "sibling: a pattern": ("*.example.com", None),
    "sibling: a URL": ("http://gpt-image:3000", None),
}


@pytest.mark.parametrize(("text", "names"), ALLOWED.values(), ids=ALLOWED)
def test_allowed_hosts_are_read_or_refused_in_words(
    text: str, names: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", text)
    monkeypatch.setenv("PROVIDER", "sketch")
    if names is not None:
        assert load_settings(HttpServerSettings).allowed_hosts == names
        return
    with pytest.raises(SettingsError, match="is not a host name") as error:
        load_settings(HttpServerSettings)
    assert "without *. Every port of them is allowed" in str(error.value)


@pytest.mark.parametrize("own", ["", "pics.example.com"], ids=["F14", "sibling: one more"])
async def test_the_compose_file_allows_the_name_of_its_service(own: str, tmp_path: Path) -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    found = re.search(
        r'^services:\n  ([\w-]+):\n.*?ALLOWED_HOSTS: "([^"]+)"$', compose, re.MULTILINE | re.DOTALL
    )
    assert found
    name, value = found[1], found[2].replace("${ALLOWED_HOSTS:-}", own)
    settings = settings_in(tmp_path, allowed_hosts=value)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        for host in filter(None, (f"{name}:3000", own)):
            assert (await client.request("GET", "/health", host=host)).status == 200


PARAMETERS = {
    "a limit of 0": ("GET", "/images?limit=0", "limit", ">= 1"),
    "a limit beyond the last": ("GET", "/images?limit=101", "limit", "<= 100"),
    "a limit in words": ("GET", "/images?limit=all", "limit", "int"),
    "sibling: neither yes nor no": ("GET", "/jobs?recent=maybe", "recent", "bool"),
    "sibling: an unknown format": (
        "GET",
        f"/images/img_{'0' * 32}/thumb?format=bmp",
        "format",
        "bmp",
    ),
}


@pytest.mark.parametrize(("method", "path", "field", "reason"), PARAMETERS.values(), ids=PARAMETERS)
async def test_a_parameter_of_a_url_is_refused_with_what_is_expected(
    method: str, path: str, field: str, reason: str, tmp_path: Path
) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        reply = await client.request(method, path)
    assert (reply.status, reply.problem["field"]) == (400, field)
    assert reason in reply.problem["hint"]


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [("DELETE", "/health", "GET, HEAD"), ("GET", "/mcp/stream", "POST"), ("PUT", "/images", "GET")],
)
async def test_a_method_is_refused_with_those_that_the_path_has(
    method: str, path: str, methods: str, tmp_path: Path
) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        reply = await client.request(method, path)
    assert reply.status == 405
    assert methods in reply.problem["hint"]
    assert reply.headers["allow"] in reply.problem["hint"]


async def test_titles_have_acronyms_in_capitals(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        reply = await client.request("POST", "/images", {"content-type": "text/plain"}, b"x")
    assert reply.problem["title"] == "Not JSON"
