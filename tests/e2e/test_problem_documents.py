"""Every error of the HTTP application is a problem document; invalid requests cost nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from dependency_injector.providers import Object
from litestar.exceptions import HTTPException

from domain import errors, provider_errors
from domain.errors import ImageServiceError
from domain.money.budget_errors import BudgetExhausted, ConfirmationRequired
from entrypoints.http.openai_api.error_envelope import is_openai_path
from entrypoints.wire.error_codes import HTTP_STATUSES
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio

MEMBERS = ["type", "title", "status", "detail", "code", "message", "hint", "retryable", "charged"]
JSON_TYPE = {"Content-Type": "application/json"}
SECRET = "secret-text-of-an-error"


@asynccontextmanager
async def client_with(
    folder: Path, *, failing: "Failing | None" = None
) -> AsyncIterator[tuple[AsgiClient, FakeProvider]]:
    """A client; `failing` replaces the use case that generates images."""
    provider = FakeProvider()
    settings = settings_in(folder, rate_limit="0")
    async with asgi_client(settings, provider=provider) as client:
        if failing is not None:
            client.container.generate_image.override(Object(failing))
        yield client, provider


def assert_is_problem(reply: Reply) -> None:
    problem = reply.problem
    assert list(problem)[: len(MEMBERS)] == MEMBERS, reply.body
    assert problem["type"] == f"urn:mcp-server-gpt-image:error:{problem['code']}"
    assert problem["detail"] == problem["message"] != ""
    assert reply.headers["cache-control"] == "no-store"


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "body"),
    "null": (b"null", "body"),
    "a list": (b"[1]", "body"),
    "an empty list": (b"[]", "prompt"),
    "half": (b'{"prompt": "x"', "body"),
    "more": (b'{"prompt": "x"} y', "body"),
    "no UTF-8": (b'{"prompt": "\xff"}', "body"),
    "UTF-16": ('{"prompt": "x"}'.encode("utf-16"), "body"),
    "half a character": (b'{"prompt": "\\ud800"}', "body"),
    "NaN": (b'{"prompt": "x", "n": NaN}', "body"),
    "infinity": (b'{"prompt": "x", "n": 1e999}', "body"),
    "100,000 lists": (b"[" * 100_000, "body"),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "body"),
    "no prompt": (b"{}", "prompt"),
    "a list for a prompt": (b'{"prompt": [["x"], 1]}', "prompt"),
    "a huge number": (b'{"prompt": "x", "n": 99999999999999999999999}', "n"),
    "a huge size": (b'{"prompt": "x", "size": "99999999999x1"}', "size"),
    "half an image": (b'{"prompt": "x", "n": 1.5}', "n"),
    "a word for a number": (b'{"prompt": "x", "output_compression": "much"}', "output_compression"),
    "an unknown argument": (b'{"prompt": "x", "sise": "auto"}', "sise"),
    "no images": (b'{"prompt": "x", "images": []}', "images"),
    "null for an image": (b'{"prompt": "x", "images": [null]}', "images[0]"),
    "a path": (b'{"prompt": "x", "images": ["/etc/passwd"]}', "images[0]"),
}


async def test_an_invalid_body_is_a_problem_with_the_field(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, provider):
        for name, (body, field) in BODIES.items():
            for path in ("/images", "/mcp/stream"):
                reply = await client.request("POST", path, JSON_TYPE, body)
                assert reply.status == 400, (name, reply.body)
                assert_is_problem(reply)
                assert (reply.problem["field"], reply.problem["charged"]) == (field, "no"), name
        assert provider.seen == []


QUERIES = (
    ("inlne=true", "inlne", "Did you mean inline?"),
    ("inline=true&width=300", "width", "Valid parameters: inline."),
    ("inline=maybe", "inline", ""),
    ("inline=", "inline", ""),
    ("inline=%ff", "inline", ""),
    ("inline=true&inline=true", "inline", ""),
)


async def test_an_unknown_or_invalid_query_is_rejected(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, provider):
        for query, field, hint in QUERIES:
            reply = await client.post(f"/images?{query}", {"prompt": "x"})
            assert_is_problem(reply)
            assert (reply.status, reply.problem["field"]) == (400, field)
            assert hint in reply.problem["hint"]
        assert provider.seen == []


async def test_an_invalid_parameter_is_reported_by_its_wire_name(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _):
        for query in ("format=gif", "format=png&format=jpeg"):
            reply = await client.request("GET", f"/images/x?{query}")
            assert (reply.status, reply.problem["field"]) == (400, "format")
        assert (await client.request("GET", "/health?now=1")).status == 200


async def test_an_unknown_path_is_a_problem(tmp_path: Path) -> None:
    async with client_with(tmp_path) as (client, _):
        for path in ("/", "/nothing", "/images/x/y/z", "/jobs/x/y/z", "/docs/x/../../y", "/é"):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                reply = await client.request(method, path, JSON_TYPE)
                assert (reply.status, reply.code) == (404, "not_found"), path
                assert_is_problem(reply)


async def test_a_wrong_method_gets_the_allowed_ones(tmp_path: Path) -> None:
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "NONSENSE"}
    async with client_with(tmp_path) as (client, _):
        used: dict[str, set[str]] = {}
        for method, path in client.routes():
            used.setdefault(path, set()).add(method)
        del used["/mcp"]  # the SDK handles it
        for path, allowed in used.items():
            for method in methods - allowed:
                reply = await client.request(method, path, JSON_TYPE)
                assert (reply.status, reply.code) == (405, "method_not_allowed"), (method, path)
                if not is_openai_path(path):
                    assert_is_problem(reply)
                assert set(reply.headers["allow"].split(", ")) == {*allowed, "OPTIONS"}


class Failing:
    """A use case that fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def __call__(self, *_: object, **__: object) -> None:
        raise self.error


LATER = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPECIAL: dict[type[ImageServiceError], ImageServiceError] = {
    errors.InvalidRequest: errors.InvalidRequest("Words.", field="n"),
    errors.KeyReused: errors.KeyReused("k-1"),
    errors.UnsupportedByModel: errors.UnsupportedByModel("Words.", field="n"),
    errors.Busy: errors.Busy("Words.", retry_after=7.4),
    errors.TooManyRequests: errors.TooManyRequests("Words.", retry_after=0.1),
    BudgetExhausted: BudgetExhausted(
        "Words.", hint="", budget="B", limit=Decimal(1), resets_at=LATER, retry_after=90.2
    ),
    ConfirmationRequired: ConfirmationRequired(
        "Words.", hint="", limit=Decimal(1), estimate=Decimal(2)
    ),
    errors.InternalError: errors.InternalError("c0ffee"),
    provider_errors.CircuitOpen: provider_errors.CircuitOpen("Words.", retry_after=9),
    provider_errors.RateLimited: provider_errors.RateLimited("Words.", retry_after=3),
    provider_errors.ProviderFailed: provider_errors.ProviderFailed("Words.", status=500),
}
RETRY_AFTER = {
    "busy": "8",
    "too_many_requests": "1",
    "rate_limited": "3",
    "budget_exhausted": "91",
    "provider_resting": "9",
}


async def test_every_error_is_a_problem(tmp_path: Path) -> None:
    failing = Failing(Exception())
    async with client_with(tmp_path, failing=failing) as (client, _):
        for kind, status in HTTP_STATUSES.items():
            failing.error = error = SPECIAL.get(kind) or kind("Words.")
            for path in ("/images", "/mcp/stream"):
                reply = await client.post(path, {"prompt": "x"})
                assert_is_problem(reply)
                problem = reply.problem
                assert (reply.status, problem["code"]) == (status, kind.code)
                assert (problem["message"], problem["hint"]) == (error.message, error.hint)
                assert problem["charged"] == error.charged.value
                assert problem["retryable"] is error.retryable
                assert reply.headers.get("retry-after") == RETRY_AFTER.get(kind.code)


async def test_the_providers_status_is_a_separate_member(tmp_path: Path) -> None:
    error = SPECIAL[provider_errors.ProviderFailed]
    async with client_with(tmp_path, failing=Failing(error)) as (client, _):
        problem = (await client.post("/images", {"prompt": "x"})).problem
    assert (problem["status"], problem["provider_status"]) == (502, 500)


async def test_an_unexpected_error_is_reported_by_an_incident_id_only(
    tmp_path: Path,
) -> None:
    failing = Failing(Exception())
    async with client_with(tmp_path, failing=failing) as (client, _):
        unexpected = (RuntimeError(SECRET), KeyError(SECRET))
        for error in (*unexpected, HTTPException(SECRET, status_code=500)):
            failing.error = error
            for path in ("/images", "/mcp/stream"):
                reply = await client.post(path, {"prompt": "x"})
                assert_is_problem(reply)
                assert (reply.status, reply.code) == (500, "internal")
                assert reply.problem["charged"] == "maybe"
                assert SECRET not in reply.body.decode() + json.dumps(dict(reply.headers))
