"""Metrics and logs of a running server: correct numbers, one line per request, and no secrets."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from prometheus_client.parser import text_string_to_metric_families as families

from adapters.telemetry.log_writer import Form
from domain.jobs import LOCAL
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.http_checks import load_http_settings
from tests.architecture.checkout import ROOT
from tests.conftest import KEY
from tests.e2e.loopback_server import serve, serve_container, wait_until
from tests.e2e.transports import settings_for
from tests.standin import StandIn
from tests.standin.faults import bad_key, hang, html_page, moderation_blocked, slow

pytestmark = pytest.mark.anyio

TOKEN = "canary-token-77c0ffee"
PROMPT = "canary of a private idea"
BEARER = {"authorization": f"Bearer {TOKEN}"}
MODEL = "gpt-image-2.6-flare"
Line = dict[str, Any]


def lines(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    """All log lines; read them after the server has ended."""
    output = capsys.readouterr()
    assert output.out == ""
    return [json.loads(line) for line in output.err.splitlines()]


def requests(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    return [line for line in lines(capsys) if line["event"] == "request"]


class Metrics:
    """The samples of /metrics."""

    def __init__(self, text: str) -> None:
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families(text)
            for sample in family.samples
        }

    @classmethod
    async def read(cls, http: httpx2.AsyncClient) -> "Metrics":
        reply = await http.get("/metrics")
        assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return cls(reply.text)

    def of(self, name: str, **labels: str) -> float:
        """The value of a sample; 0 if it does not exist yet."""
        return self._samples.get((f"gpt_image_{name}", frozenset(labels.items())), 0.0)

    def requests(self, status: str) -> float:
        """The number of POST /images with this status in this process."""
        labels = {"method": "POST", "path": "/images", "app_name": "mcp-server-gpt-image"}
        return self.of("http_requests_total", **labels, status_code=status)


async def wait_for_jobs(container: Container) -> None:
    """Wait until all results are cached, so that no job can be joined any more."""
    for task in [*container.job_runner()._tasks]:
        await asyncio.wait({task})


async def generate(http: httpx2.AsyncClient, prompt: str, **options: object) -> httpx2.Response:
    return await http.post("/images", json={"prompt": prompt, **options})


async def test_metrics_count_generated_cached_joined_and_failed_jobs(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    async with (
        run_application(settings) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        before = await Metrics.read(http)
        created = (await generate(http, "one", partialImages=2)).json()
        await wait_for_jobs(container)
        again = (await generate(http, "one")).json()
        fresh = (await generate(http, "one", fresh=True)).json()
        openai_api.script(slow(0.3), moderation_blocked())
        pair = await asyncio.gather(generate(http, "two"), generate(http, "two"))
        refused = await generate(http, "three")
        now = await Metrics.read(http)

    assert (again["servedFrom"], refused.status_code) == ("memory", 422)
    assert sorted(each.json()["servedFrom"] for each in pair) == ["joined", "provider"]
    model = {"provider": "openai", "model": MODEL}
    job = {"action": "generate", **model}
    assert now.of("jobs_total", **job, outcome="painted") == 3
    assert now.of("jobs_total", **job, outcome="cached") == 1
    assert now.of("jobs_total", **job, outcome="content_refused") == 1
    assert now.of("jobs_joined_total", **job) == 1
    assert now.of("pictures_total", **job) == len(openai_api.ledger) == 3
    assert now.of("cache_hits_total", tier="memory") == 1
    # The fresh one skipped the cache.
    assert now.of("cache_misses_total") == len(openai_api.posts) - 1 == 3
    assert now.of("provider_seconds_count", **job, outcome="painted") == 3
    assert now.of("provider_seconds_count", **job, outcome="failed") == 1
    assert now.of("first_partial_seconds_count", **model) == 1
    assert now.of("jobs_running") == now.of("jobs_queued") == 0
    paid = created["costUsd"] + fresh["costUsd"] + pair[0].json()["costUsd"]
    assert now.of("cost_usd_total", **model) == pytest.approx(paid)
    assert now.of("cache_saved_usd_total", tier="memory") == pytest.approx(created["costUsd"])
    assert now.requests("201") - before.requests("201") == 5
    assert now.requests("422") - before.requests("422") == 1


async def test_requests_are_counted_by_route_or_without_one_by_status(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with serve(settings) as url, httpx2.AsyncClient(base_url=url) as http:
        assert (await http.get("/metrics")).status_code == 401
        http.headers.update(BEARER)
        await http.get("/images/img_" + "0" * 32)
        await http.get("/wp-admin.php")
        await http.get("/readyz", headers={"authorization": ""})
        text = (await http.get("/metrics")).text
    assert 'path="/images/{picture_id}",status_code="404"' in text
    assert 'gpt_image_http_refused_total{status_code="401"} 1.0' in text
    assert 'gpt_image_http_refused_total{status_code="404"} 1.0' in text
    page = (ROOT / "docs" / "observability.md").read_text()
    for name in re.findall(r"^# TYPE (gpt_image_\w+)", text, re.MULTILINE):
        assert f"| `{name}` |" in page
    assert "wp-admin" not in text
    assert 'path="/readyz"' not in text
    assert 'path="/metrics"' not in text


async def test_each_request_has_a_log_line_with_its_job_and_cost(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info")
    async with (
        run_application(settings) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        reply = await http.post("/images", json={"prompt": "one"}, headers={"x-request-id": "r-1"})
        await wait_for_jobs(container)
        openai_api.script(html_page())
        again = await generate(http, "one")
        failed = await http.post("/mcp/stream", json={"prompt": "two"})
        invalid = await generate(http, "", size="huge")
        await http.get("/livez")
    first, second, third, fourth = requests(capsys)
    created = reply.json()
    shared = {"method": "POST", "path": "/images", "client": "127.0.0.1", "model": MODEL}
    assert first.items() >= (shared | {"status": 201, "request_id": "r-1"}).items()
    assert reply.headers["x-request-id"] == "r-1"
    assert first.items() >= {"tier": "provider", "cost_usd": created["costUsd"]}.items()
    assert (first["job"], first["bytes"]) == (created["jobId"], len(reply.content))
    assert second.items() >= (shared | {"tier": "memory", "cost_usd": 0.0}).items()
    assert second["request_id"] == again.headers["x-request-id"]
    assert (third["path"], third["code"]) == ("/mcp/stream", "bad_provider_reply")
    assert third["job"] == failed.headers["x-job-id"]
    assert (fourth["status"], fourth["code"]) == (invalid.status_code, "invalid_request")


async def test_a_client_that_disconnects_in_the_queue_is_logged_without_a_status_or_charge(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openai_api.default = hang()
    waits = {"max_concurrent_calls": 1, "shutdown_grace": 0}
    async with (
        run_application(settings_for(openai_api, tmp_path, log_level="info", **waits)) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        first = asyncio.create_task(generate(http, "one"))
        await asyncio.to_thread(openai_api.wait_for_calls, 1)
        second = asyncio.create_task(generate(http, "two"))
        await wait_until(lambda: len(container.job_runner().all(owner=LOCAL)) == 2)
        second.cancel()
        await wait_until(lambda: len(container.job_runner().all(owner=LOCAL)) == 1)
        first.cancel()
    assert len(openai_api.posts) == 1
    canceled, *_ = requests(capsys)
    assert canceled.items() >= {"path": "/images", "status": 0, "bytes": 0}.items()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_tool_call_is_logged_with_its_http_request(
    mode: Any,  # noqa: ANN401 - the SDK's own literal
    openai_api: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info")
    async with serve(settings) as url, Client(f"{url}/mcp", mode=mode) as client:
        result = await client.call_tool("generate_image", {"prompt": "one"})
        await client.call_tool("generate_image", {"prompt": 1})
    logged = requests(capsys)
    assert {line["path"] for line in logged} == {"/mcp"}
    (created,) = (line for line in logged if "job" in line)
    assert result.structured_content is not None
    assert created["job"] == result.structured_content["jobId"]
    assert (created["tier"], created["status"]) == ("provider", 200)
    assert [line["code"] for line in logged if "code" in line] == ["invalid_request"]


async def provoke(url: str, api: StandIn) -> None:
    """Make requests that could leak the key, the token or the prompt."""
    api.script(bad_key(), html_page())
    call = {"name": 7, "arguments": {"prompt": PROMPT}}
    async with httpx2.AsyncClient(base_url=url) as http:
        await http.get("/health", params={"token": TOKEN})
        await http.get("/metrics", headers={"authorization": f"Basic {TOKEN}"})
        http.headers.update(BEARER)
        for _ in range(3):
            await generate(http, PROMPT, partialImages=1)
        await generate(http, PROMPT, size="huge")
        await http.post("/mcp/stream", json={"prompt": PROMPT})
        await http.get(f"/{TOKEN}/{KEY}", headers={"x-request-id": KEY, "user-agent": PROMPT})
        for version in ("2025-11-25", "2026-07-28"):
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
            await http.post("/mcp", json=body, headers={"mcp-protocol-version": version})


@pytest.mark.parametrize("form", ["json", "console"])
async def test_key_token_and_prompt_are_never_logged(
    form: Form, openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(
        openai_api, tmp_path, auth_token=TOKEN, log_level="debug", log_format=form
    )
    async with serve(settings) as url:
        await provoke(url, openai_api)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("request_id") >= 9
    assert "[hidden]" in output.err
    for canary in (KEY, TOKEN, PROMPT):
        assert canary not in output.err


async def test_prompts_are_logged_if_configured(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info", log_prompts=True)
    async with serve(settings) as url, httpx2.AsyncClient(base_url=url) as http:
        await generate(http, PROMPT)
    assert [line["prompt"] for line in lines(capsys) if "prompt" in line] == [PROMPT]


async def test_an_unexpected_error_is_logged_with_its_incident_id(
    openai_api: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"unexpected {TOKEN}")

    monkeypatch.setattr("entrypoints.http.routes.image_creation.submit", broken)
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with (
        serve(settings) as url,
        httpx2.AsyncClient(base_url=url, headers=BEARER) as http,
    ):
        reply = await generate(http, "one")
    incident, request = lines(capsys)
    assert reply.json()["incident"] in incident["event"]
    assert "ValueError: unexpected [hidden]" in incident["exception"]
    assert incident["level"] == "error"
    assert (request["level"], request["status"]) == ("warning", 500)


@pytest.mark.parametrize(("configured", "level"), [("", "info"), ("WARNING", "warning")])
def test_an_http_server_logs_requests_unless_the_level_is_higher(
    configured: str, level: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVIDER", "sketch")
    monkeypatch.setenv("LOG_LEVEL", configured)
    assert load_http_settings(None, None, None).log_level == level
