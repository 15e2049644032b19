"""The views of usage, models, cache, settings and log, without a browser."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from entrypoints.config.loading import load_settings
from entrypoints.config.settings_in_force import settings_in_force
from entrypoints.http.page.views import usage_view
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.e2e.loopback_server import wait_until
from tests.e2e.page.page_client import HTML, csrf_token
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
BRIDGE = {"prompt": "a bridge", "size": "auto"}
SECRET = "sk-a-secret-of-the-tests-4711"
HOSTILE = "<b>&\u202e<img/src=x>"


async def text_of(http: AsgiClient, path: str) -> str:
    reply = await http.request("GET", path, HTML)
    assert reply.status == 200, reply.body
    return " ".join(reply.body.decode().split())


async def make(http: AsgiClient, times: int = 1, **headers: str) -> None:
    """The same image, from the cache after the first time."""
    for _ in range(times):
        await http.post("/images", BRIDGE, **headers)
        await wait_until(lambda: not http.container.job_runner().running)
    await http.container.savings_counter().flush()


async def test_the_view_of_usage_shows_spending_savings_and_budgets(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, budget_day_usd=Decimal(5), budget_images_hour=9)
    async with asgi_client(settings, provider=FakeProvider(cost=Decimal("0.25"))) as http:
        empty = await text_of(http, "/page/usage")
        await make(http, 3, **{"User-Agent": f"{HOSTILE}/1.0"})
        html = await text_of(http, "/page/usage?by=client&days=7")
    assert "Nothing was used in this time." in empty
    for words in ("$0.250", "$0.500", "67%", "$4.75 left of $5.00", "8 left of 9 images"):
        assert words in html, words
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html
    assert "\u202e" not in html
    assert 'data-source="usage/breakdown?by=client&amp;days=7"' in html
    assert "usage/breakdown?by=client&amp;days=7&amp;format=csv" in html


async def test_the_table_of_usage_has_a_limit_and_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_view, "MAX_ROWS", 1)
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as http:
        for client in ("one", "two", "three"):
            await make(http, 1, **{"User-Agent": f"{client}/1.0"})
            await http.container.clear_cache()()
        html = await text_of(http, "/page/usage?by=client")
    assert html.count('<th scope="row">') == 1
    assert "2 more rows are in the CSV." in html


@pytest.mark.parametrize("query", ["by=moon", "days=0", "days=3661", "days=x", "days=²"])
async def test_a_wrong_question_is_an_error_page_with_a_hint(tmp_path: Path, query: str) -> None:
    async with asgi_client(settings_in(tmp_path)) as http:
        reply = await http.request("GET", f"/page/usage?{query}", HTML)
    assert reply.status == 400
    assert "Use " in reply.body.decode()


async def test_the_view_of_models_tells_what_a_square_image_costs(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, openai_api_key=SECRET, gemini_api_key=SECRET)
    async with asgi_client(settings) as http:
        html = await text_of(http, "/page/models")
        models = (await http.request("GET", "/models")).json["models"]
    assert html.count("</tr>") == len(models) + 1
    for model in models:
        assert f"<bdi>{model['name']}</bdi>" in html
        assert (model["shutdown"] or "") in html
    assert "low <strong>$" in html
    assert "high <strong>$" in html


async def test_the_cache_is_shown_and_cleared(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as http:
        await make(http, 2)
        before = (await http.request("GET", "/page/cache/json")).json["tiers"]
        html = await text_of(http, "/page/cache")
        assert (await http.request("POST", "/page/cache/clear", HTML)).status == 403
        headers = {**HTML, "HX-Request": "true", "X-CSRF-Token": await csrf_token(http, {})}
        cleared = await http.request("POST", "/page/cache/clear", headers)
        after = (await http.request("GET", "/page/cache/json")).json["tiers"]
        await make(http)
        jobs = (await http.request("GET", "/usage/breakdown?by=outcome")).json["groups"]
    assert [tier["tier"] for tier in before] == ["memory", "disk"]
    assert all(tier["entries"] == 1 for tier in before)
    assert '<th scope="row">memory</th><td class="number">1</td>' in html
    assert b"Removed " in cleared.body
    assert b"<html" not in cleared.body
    assert all(tier["entries"] == 0 for tier in after)
    assert {group["group"]: group["jobs"] for group in jobs} == {"stored": 2, "reused": 0}


async def test_the_settings_are_shown_with_their_origins_and_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.env").write_text(f"LOG_LEVEL=error\nGEMINI_API_KEY={SECRET}\n")
    (tmp_path / "key").write_text(f"{SECRET}x")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("GPT_IMAGE_TRASH_DAYS", "9")
    monkeypatch.setenv(
        "OPENAI_COMPATIBLE_URLS", f"relay=https://user:x@{SECRET[3:]}@relay.example/v1"
    )
    given = {"data_dir": tmp_path / "data", "cache_dir": tmp_path / "c", "output_dir": tmp_path}
    settings = load_settings(env_file=tmp_path / "file.env", given=given)
    found = {each.name: each for each in settings_in_force(settings)}
    origins = {name: found[name].origin for name in ("LOG_LEVEL", "TRASH_DAYS", "OPENAI_API_KEY")}
    assert origins == {
        "LOG_LEVEL": f"LOG_LEVEL in {tmp_path / 'file.env'}",
        "TRASH_DAYS": "GPT_IMAGE_TRASH_DAYS",
        "OPENAI_API_KEY": "OPENAI_API_KEY_FILE",
    }
    assert (found["DATA_DIR"].origin, found["CACHE_TTL"].origin) == (
        "an option of the command",
        "default",
    )
    assert (found["TRASH_DAYS"].value, found["WARM_UP"].value) == ("9", "true")
    async with asgi_client(settings) as http:
        html = await text_of(http, "/page/settings")
        data = (await http.request("GET", "/page/settings/json")).body.decode()
    for text in (html, data):
        assert SECRET[3:] not in text
        assert "[hidden]" in text
        assert "GPT_IMAGE_TRASH_DAYS" in text
    assert html.index("TRASH_DAYS") < html.index("<h2>Defaults</h2>") < html.index("CACHE_TTL")
    assert len(json.loads(data)["settings"]) == len(found)


async def test_every_secret_is_hidden_whatever_its_setting(tmp_path: Path) -> None:
    secrets = {
        name: SECRET + name
        for name in ("openai_api_key", "gemini_api_key", "auth_token", "azure_openai_api_key")
    }
    shown = [each.value for each in settings_in_force(settings_in(tmp_path, **secrets))]
    assert not any(SECRET in value for value in shown)
    assert shown.count("[hidden]") >= len(secrets)


async def test_the_latest_log_lines_are_shown_without_secrets(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, log_level="info", openai_api_key=SECRET)
    async with asgi_client(settings, provider=FakeProvider()) as http:
        log = http.container.log_writer()
        log.write("warning", f"{HOSTILE} {SECRET}", key=SECRET, path="a\u2028b")
        await wait_until(lambda: log.recent())
        html = await text_of(http, "/page/log/lines")
        whole = await text_of(http, "/page/log")
        data = (await http.request("GET", "/page/log/json")).json["lines"]
        for number in range(400):
            log.write("error", f"line {number} {'x' * 9000}")
        await wait_until(lambda: "line 399" in log.recent()[-1])
        recent = log.recent()
    for text in (html, whole, str(data)):
        assert SECRET not in text
        assert "[hidden]" in text
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert "<html" not in html
    assert len(recent) == 300
    assert max(map(len, recent)) == 4000


async def test_pages_that_stay_open_do_not_fill_the_log(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, log_level="info")
    async with asgi_client(settings, provider=FakeProvider()) as http:
        log = http.container.log_writer()
        for path in ("/page/log", "/page/log/lines", "/page/jobs/list"):
            await text_of(http, path)
        job_id = (await http.post("/images", {"prompt": "a fox"})).json["jobId"]
        for part in ("timeline", "facts"):
            await text_of(http, f"/page/jobs/{job_id}/{part}")
        log.write("info", "the end")
        await wait_until(lambda: log.recent() and "the end" in log.recent()[-1])
        paths = [json.loads(line).get("path") for line in log.recent()]
    assert [path for path in paths if path] == ["/page/log", "/images"]


async def test_lines_for_people_are_shown_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with asgi_client(settings_in(tmp_path, log_format="console")) as http:
        log = http.container.log_writer()
        log.write("warning", "a fox", name="b")
        await wait_until(lambda: log.recent())
        assert "a fox" in await text_of(http, "/page/log")
    assert "a fox" in capsys.readouterr().err
