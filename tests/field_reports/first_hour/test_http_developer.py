"""The first hour of an HTTP developer, from the README's own lines and by the real curl."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.host import INITIALIZE
from tests.field_reports.first_hour.newcomer import Newcomer, Running, fitting
from tests.field_reports.first_hour.readme import OURS, at, readme_commands
from tests.field_reports.photo_files import exif
from tests.field_reports.test_curl_examples import photo_example, photo_of_5_megabytes
from tests.standin import StandIn

pytestmark = pytest.mark.timeout(120)  # processes, each of which needs 1 s of CPU time
JSON = ("-H", "Content-Type: application/json", "-d")
STATUS = ("-o", "/dev/null", "-w", "%{http_code} %{content_type}")
HTTP = ("gpt-image", "http")


def post(newcomer: Newcomer, server: Running, **body: object) -> dict[str, Any]:
    """The reply to POST /images."""
    return dict(json.loads(newcomer.curl(f"{server.url}/images", *JSON, json.dumps(body))))


def run_the_lines_of_the_readme(newcomer: Newcomer, server: Running) -> tuple[str, str]:
    """The replies to the README's two requests."""
    created, stream = readme_commands("curl")
    return newcomer.curl(*at(server.url, created)), newcomer.curl(*at(server.url, stream))


def test_without_a_key_the_server_draws_sketches_and_names_its_page(
    openai_api: StandIn, tmp_path: Path
) -> None:
    newcomer = Newcomer(tmp_path, openai_api, key=False)
    (start,) = readme_commands(*HTTP)
    with newcomer.pays(0), newcomer.server(*start) as server:
        page = server.first_line.split("Open ")[1].split()[0]
        assert "<html" in newcomer.curl("-f", "-H", "Accept: text/html", page)
        created, stream = run_the_lines_of_the_readme(newcomer, server)
        assert "Drawn offline" in created
        assert '"type":"complete"' in stream
    assert b"offline sketches, because OPENAI_API_KEY is not set" in b"".join(server.log)
    newcomer.check_files()


def test_the_first_requests_succeed_and_none_is_paid_twice(
    openai_api: StandIn, tmp_path: Path
) -> None:
    newcomer = Newcomer(tmp_path, openai_api)
    with newcomer.server(*HTTP, BUDGET_DAY_USD="0.50") as server:
        with newcomer.pays(2):
            created, stream = run_the_lines_of_the_readme(newcomer, server)
        assert stream.count('"type":"partial"') == 2
        ask_for_other_types(newcomer, server, json.loads(created)["images"][0])
        send_a_photo_of_5_megabytes(newcomer, server)
        with newcomer.pays(1):
            statuses = asyncio.run(post_at_once(server, 100))
        assert statuses == [201] * 100
        follow_the_advice_of_a_full_budget(newcomer, server)
        correct_a_mistyped_name(newcomer, server)
        asyncio.run(read_every_page(server, images=5))
    newcomer.check_files()


def ask_for_other_types(newcomer: Newcomer, server: Running, image: dict[str, Any]) -> None:
    """What the browser, curl and MCP clients of several kinds send as Accept."""
    initialize = json.dumps({"jsonrpc": "2.0", **INITIALIZE})
    for accept in ("*/*", "text/html,image/avif,*/*;q=0.8", "image/webp", "application/json"):
        answer = newcomer.curl(*STATUS, "-H", f"Accept: {accept}", image["previewUrl"])
        assert answer.startswith("200 image/"), accept
    for accept, status in {
        "*/*": "200",
        "application/json": "200 application/json",
        "text/event-stream": "200 text/event-stream",
        "text/html": "406",
    }.items():
        wanted = (*STATUS, "-H", f"Accept: {accept}", *JSON, initialize)
        assert newcomer.curl(*wanted, f"{server.url}/mcp").startswith(status), accept


def send_a_photo_of_5_megabytes(newcomer: Newcomer, server: Running) -> None:
    photo = newcomer.project / "photo.jpg"
    small = photo.read_bytes()
    photo.write_bytes(photo_of_5_megabytes(exif(6)))
    with newcomer.pays(1):
        command = photo_example().text.replace(f"curl {OURS}", f"curl -s {server.url}")
        sent = newcomer.run("/bin/sh", "-c", command, NO_PROXY="*").stdout
    assert "turned upright" in sent
    photo.write_bytes(small)


async def post_at_once(server: Running, number: int) -> list[int]:
    """The statuses of that many equal requests."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        body = {"prompt": "a fox", "quality": "low"}
        replies = await asyncio.gather(*(client.post("/images", json=body) for _ in range(number)))
    assert len({reply.json()["images"][0]["id"] for reply in replies}) == 1
    return [reply.status_code for reply in replies]


def follow_the_advice_of_a_full_budget(newcomer: Newcomer, server: Running) -> None:
    body = {"prompt": "a red bridge", "size": "3840x2160"}
    with newcomer.pays(0):
        refused = post(newcomer, server, **body)
    assert (refused["code"], refused["charged"]) == ("budget_exhausted", "no")
    with newcomer.pays(1):
        created = post(newcomer, server, **body | fitting(refused["hint"]))
    assert created["servedFrom"] == "provider"


def correct_a_mistyped_name(newcomer: Newcomer, server: Running) -> None:
    with newcomer.pays(0):
        refused = post(newcomer, server, prompt="a fox", qualty="low")
        assert refused["hint"] == "Did you mean quality?"
        created = post(newcomer, server, prompt="a fox", quality="low")
    assert created["servedFrom"] == "memory"


async def read_every_page(server: Running, *, images: int) -> None:
    """Follow the links from page to page."""
    found: list[str] = []
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        url = "/images?limit=2"
        while url:
            page = await client.get(url)
            found += [image["id"] for image in page.json()["images"]]
            url = page.links.get("next", {}).get("url", "")
    assert len(found) == len({*found}) == images
