"""The OpenAPI document has every route, and its page loads nothing from other hosts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from litestar.routes import HTTPRoute
from syrupy.assertion import SnapshotAssertion

from entrypoints.http.openapi.docs_page import BUNDLED
from entrypoints.http.routes.mcp_endpoint import OPERATIONS
from entrypoints.http.security.signed_links import LINKABLE
from entrypoints.wire.error_codes import HTTP_STATUSES
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio

METHODS = {"get", "head", "post", "delete", "put", "patch"}
TOKEN = "a-token-of-the-tests-5f1c"


async def document(folder: Path, **settings: Any) -> tuple[dict[str, Any], AsgiClient]:  # noqa: ANN401 - fields of Settings
    async with asgi_client(settings_in(folder, **settings), provider=FakeProvider()) as client:
        reply = await client.request("GET", "/openapi.json")
        assert reply.headers["content-type"] == "application/json"
        return reply.json, client


def operations(spec: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def link_parameters(path: str, method: str) -> set[str]:
    """The query parameters that SignedLinkMiddleware reads for this route."""
    for name, id_ in (("picture_id", f"img_{'0' * 32}"), ("job_id", f"job_{'0' * 32}")):
        path = path.replace(f"{{{name}}}", id_)
    has_links = LINKABLE.fullmatch(path) and method in ("GET", "HEAD")
    return {"expires", "signature"} if has_links else set()


async def test_every_route_is_described_with_the_parameters_that_it_reads(tmp_path: Path) -> None:
    spec, client = await document(tmp_path)
    routes: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for route in client.app.litestar.routes:
        if not isinstance(route, HTTPRoute):
            routes |= {(method, route.path): (set(), set()) for method in OPERATIONS}
            continue
        for method, (_, read) in route.route_handler_map.items():
            if method != "OPTIONS":
                query = {parameter.field_alias for parameter in read.expected_query_params}
                query |= link_parameters(route.path_format, str(method))
                routes[str(method), route.path_format] = (set(route.path_parameters), query)
    described = {
        key: tuple(
            {each["name"] for each in operation.get("parameters", ()) if each["in"] == location}
            for location in ("path", "query")
        )
        for key, operation in operations(spec).items()
    }
    assert described == routes
    names = [operation["operationId"] for operation in operations(spec).values()]
    assert len(names) == len(set(names))


async def test_every_operation_lists_its_responses(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    spec, _ = await document(tmp_path, auth_token=TOKEN)
    table = {
        f"{method} {path}": [
            f"{status} {' '.join(sorted(response.get('content', ())))} "
            + " ".join(re.findall(r"`([a-z_]+)`", response["description"]))
            for status, response in operation["responses"].items()
        ]
        for (method, path), operation in operations(spec).items()
    }
    assert table == snapshot


async def test_generations_list_every_error(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    for path in ("/images", "/mcp/stream"):
        responses = operations(spec)["POST", path]["responses"]
        for error, status in HTTP_STATUSES.items():
            assert f"`{error.code}`" in responses[str(status)]["description"]


async def test_every_problem_has_the_same_schema(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    for operation in operations(spec).values():
        for response in operation["responses"].values():
            problem = response.get("content", {}).get("application/problem+json")
            assert problem in (None, {"schema": {"$ref": "#/components/schemas/Problem"}})


async def test_every_reference_has_a_target_and_every_schema_is_used(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    used = set(re.findall(r'"\$ref":\s*"([^"]*)"', json.dumps(spec)))
    assert used == {f"#/components/schemas/{name}" for name in spec["components"]["schemas"]}


async def test_the_token_is_described_if_configured(tmp_path: Path) -> None:
    without, _ = await document(tmp_path)
    assert "securitySchemes" not in without["components"]
    assert all("security" not in operation for operation in operations(without).values())
    spec, _ = await document(tmp_path, auth_token=TOKEN)
    assert spec["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    free = {
        path for (_, path), operation in operations(spec).items() if "security" not in operation
    }
    assert free == {
        *("/livez", "/readyz", "/health"),
        *("/openapi.json", "/asyncapi.json", "/docs", "/docs/{folder}/{name}"),
    }
    assert TOKEN not in json.dumps(spec)


async def test_the_server_url_is_the_public_url(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    assert spec["servers"] == [{"url": "/"}]
    spec, _ = await document(tmp_path, public_url="https://pics.example/gpt/")
    assert spec["servers"] == [{"url": "https://pics.example/gpt"}]


async def page_and_assets(client: AsgiClient) -> tuple[Reply, dict[str, Reply]]:
    page = await client.request("GET", "/docs")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assets = {link: await client.request("GET", f"/{link}") for link in links if link != "data:,"}
    return page, assets


async def test_the_page_loads_nothing_from_another_host(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        page, assets = await page_and_assets(client)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    html = page.body.decode()
    assert "//" not in html
    assert re.findall(r"<script(?! src=)|<style|style=|\son\w+=", html) == []
    assert len(assets) == len(BUNDLED) + 2  # the start script, and the document
    assert {reply.status for reply in assets.values()} == {200}
    start = next(reply for link, reply in assets.items() if link.endswith("start.js"))
    assert b"//" not in start.body


async def test_the_content_security_policy_allows_no_other_host(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        page, assets = await page_and_assets(client)
    for reply in (page, *assets.values()):
        policy = dict(
            part.strip().split(" ", 1)
            for part in reply.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        sources = {source for value in policy.values() for source in value.split()}
        assert sources == {"'none'", "'self'", "data:", "blob:"}
        assert {"data:", "blob:"}.isdisjoint(policy["script-src"].split())
        assert reply.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_immutable_and_the_page_is_revalidated(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        page, assets = await page_and_assets(client)
        for link, reply in {"docs": page, **assets}.items():
            is_asset = link.startswith("docs/")
            assert ("immutable" in reply.headers["cache-control"]) is is_asset
            known = {"If-None-Match": reply.headers["etag"]}
            assert (await client.request("GET", f"/{link}", known)).status == 304
        other = "/" + next(iter(assets)).replace("docs/", "docs/0")
        assert (await client.request("GET", other)).code == "not_found"
        assert (await client.request("GET", "/docs/")).headers["location"] == "../docs"
