"""What an operator sees of a server at work: true numbers, one line a request, and no secrets."""

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
    """All that was logged; read it when the server has ended."""
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


def requests(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    return [line for line in lines(capsys) if line["event"] == "request"]


class Numbers:
    """What /metrics says, sample by sample."""

    def __init__(self, text: str) -> None:
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families(text)
            for sample in family.samples
        }

    @classmethod
    async def read(cls, http: httpx2.AsyncClient) -> "Numbers":
        answer = await http.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return cls(answer.text)

    def of(self, name: str, **labels: str) -> float:
        """The value; 0 for what has not happened yet."""
        return self._samples.get((f"gpt_image_{name}", frozenset(labels.items())), 0.0)

    def requests(self, status: str) -> float:
        """How many POST /images had this status, in this process."""
        labels = {"method": "POST", "path": "/images", "app_name": "mcp-server-gpt-image"}
        return self.of("http_requests_total", **labels, status_code=status)


async def kept(container: Container) -> None:
    """Wait until nothing can be joined any more, because answers are in the cache."""
    for task in [*container.job_runner()._tasks]:
        await asyncio.wait({task})


async def paint(http: httpx2.AsyncClient, prompt: str, **options: object) -> httpx2.Response:
    return await http.post("/images", json={"prompt": prompt, **options})


async def test_metrics_tell_what_was_painted_cached_joined_and_failed(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    async with (
        run_application(settings) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        before = await Numbers.read(http)
        painted = (await paint(http, "one", partialImages=2)).json()
        await kept(container)
        again = (await paint(http, "one")).json()
        fresh = (await paint(http, "one", fresh=True)).json()
        openai_api.script(slow(0.3), moderation_blocked())
        pair = await asyncio.gather(paint(http, "two"), paint(http, "two"))
        refused = await paint(http, "three")
        now = await Numbers.read(http)

    assert (again["servedFrom"], refused.status_code) == ("memory", 422)
    assert sorted(each.json()["servedFrom"] for each in pair) == ["joined", "provider"]
    job = {"action": "generate", "model": MODEL}
    assert now.of("jobs_total", **job, outcome="painted") == 3
    assert now.of("jobs_total", **job, outcome="cached") == 1
    assert now.of("jobs_total", **job, outcome="content_refused") == 1
    assert now.of("jobs_joined_total", **job) == 1
    assert now.of("pictures_total", **job) == len(openai_api.ledger) == 3
    assert now.of("cache_hits_total", tier="memory") == 1
    assert now.of("cache_misses_total") == len(openai_api.posts) - 1 == 3  # one did not ask
    assert now.of("provider_seconds_count", **job, outcome="painted") == 3
    assert now.of("provider_seconds_count", **job, outcome="failed") == 1
    assert now.of("first_partial_seconds_count", model=MODEL) == 1
    assert now.of("jobs_running") == now.of("jobs_queued") == 0
    paid = painted["costUsd"] + fresh["costUsd"] + pair[0].json()["costUsd"]
    assert now.of("cost_usd_total", model=MODEL) == pytest.approx(paid)
    assert now.of("cache_saved_usd_total", tier="memory") == pytest.approx(painted["costUsd"])
    assert now.requests("201") - before.requests("201") == 5
    assert now.requests("422") - before.requests("422") == 1


async def test_requests_are_counted_by_route_and_those_that_meet_none_by_status(
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


async def test_each_request_has_a_line_with_its_job_and_what_it_cost(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info")
    async with (
        run_application(settings) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        answer = await http.post("/images", json={"prompt": "one"}, headers={"x-request-id": "r-1"})
        await kept(container)
        openai_api.script(html_page())
        again = await paint(http, "one")
        failed = await http.post("/mcp/stream", json={"prompt": "two"})
        unasked = await paint(http, "", size="huge")
        await http.get("/livez")
    first, second, third, fourth = requests(capsys)
    painted = answer.json()
    shared = {"method": "POST", "path": "/images", "client": "127.0.0.1", "model": MODEL}
    assert first.items() >= (shared | {"status": 201, "request_id": "r-1"}).items()
    assert answer.headers["x-request-id"] == "r-1"
    assert first.items() >= {"tier": "provider", "cost_usd": painted["costUsd"]}.items()
    assert (first["job"], first["bytes"]) == (painted["jobId"], len(answer.content))
    assert second.items() >= (shared | {"tier": "memory", "cost_usd": 0.0}).items()
    assert second["request_id"] == again.headers["x-request-id"]
    assert (third["path"], third["code"]) == ("/mcp/stream", "bad_provider_reply")
    assert third["job"] == failed.headers["x-job-id"]
    assert (fourth["status"], fourth["code"]) == (unasked.status_code, "invalid_request")


async def test_who_leaves_while_it_waits_its_turn_pays_nothing_and_has_no_status(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openai_api.default = hang()
    waits = {"max_concurrent_calls": 1, "shutdown_grace": 0}
    async with (
        run_application(settings_for(openai_api, tmp_path, log_level="info", **waits)) as container,
        serve_container(container) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        first = asyncio.create_task(paint(http, "one"))
        await asyncio.to_thread(openai_api.wait_for_calls, 1)
        second = asyncio.create_task(paint(http, "two"))
        await wait_until(lambda: len(container.job_runner().all(owner=LOCAL)) == 2)
        second.cancel()
        await wait_until(lambda: len(container.job_runner().all(owner=LOCAL)) == 1)
        first.cancel()
    assert len(openai_api.posts) == 1
    left, *_ = requests(capsys)
    assert left.items() >= {"path": "/images", "status": 0, "bytes": 0}.items()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_tool_call_is_in_the_line_of_the_request_that_brought_it(
    mode: Any,  # noqa: ANN401 - the SDK's own literal
    openai_api: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info")
    async with serve(settings) as url, Client(f"{url}/mcp", mode=mode) as client:
        result = await client.call_tool("generate_image", {"prompt": "one"})
        await client.call_tool("generate_image", {"prompt": 1})
    told = requests(capsys)
    assert {line["path"] for line in told} == {"/mcp"}
    (painted,) = (line for line in told if "job" in line)
    assert result.structured_content is not None
    assert painted["job"] == result.structured_content["jobId"]
    assert (painted["tier"], painted["status"]) == ("provider", 200)
    assert [line["code"] for line in told if "code" in line] == ["invalid_request"]


async def provoke(url: str, api: StandIn) -> None:
    """All that might make a server tell what it should not."""
    api.script(bad_key(), html_page())
    call = {"name": 7, "arguments": {"prompt": PROMPT}}
    async with httpx2.AsyncClient(base_url=url) as http:
        await http.get("/health", params={"token": TOKEN})
        await http.get("/metrics", headers={"authorization": f"Basic {TOKEN}"})
        http.headers.update(BEARER)
        for _ in range(3):
            await paint(http, PROMPT, partialImages=1)
        await paint(http, PROMPT, size="huge")
        await http.post("/mcp/stream", json={"prompt": PROMPT})
        await http.get(f"/{TOKEN}/{KEY}", headers={"x-request-id": KEY, "user-agent": PROMPT})
        for version in ("2025-11-25", "2026-07-28"):
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
            await http.post("/mcp", json=body, headers={"mcp-protocol-version": version})


@pytest.mark.parametrize("form", ["json", "console"])
async def test_neither_key_nor_token_nor_prompt_is_ever_written(
    form: Form, openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(
        openai_api, tmp_path, auth_token=TOKEN, log_level="debug", log_format=form
    )
    async with serve(settings) as url:
        await provoke(url, openai_api)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("request_id") >= 9
    assert "[hidden]" in said.err
    for canary in (KEY, TOKEN, PROMPT):
        assert canary not in said.err


async def test_prompts_are_written_where_that_is_wanted(
    openai_api: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(openai_api, tmp_path, log_level="info", log_prompts=True)
    async with serve(settings) as url, httpx2.AsyncClient(base_url=url) as http:
        await paint(http, PROMPT)
    assert [line["prompt"] for line in lines(capsys) if "prompt" in line] == [PROMPT]


async def test_what_nobody_foresaw_is_told_with_its_incident(
    openai_api: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"nobody foresaw {TOKEN}")

    monkeypatch.setattr("entrypoints.http.routes.image_creation.submit", broken)
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with (
        serve(settings) as url,
        httpx2.AsyncClient(base_url=url, headers=BEARER) as http,
    ):
        answer = await paint(http, "one")
    incident, request = lines(capsys)
    assert answer.json()["incident"] in incident["event"]
    assert "ValueError: nobody foresaw [hidden]" in incident["exception"]
    assert incident["level"] == "error"
    assert (request["level"], request["status"]) == ("warning", 500)


@pytest.mark.parametrize(("said", "level"), [("", "info"), ("WARNING", "warning")])
def test_a_web_server_tells_of_requests_unless_told_less(
    said: str, level: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVIDER", "sketch")
    monkeypatch.setenv("LOG_LEVEL", said)
    assert load_http_settings(None, None, None).log_level == level
