"""The examples run against a real server as their README shows."""

import asyncio
import runpy
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import PIL.Image
import pytest

from domain.image import Image
from tests.architecture.checkout import ROOT
from tests.architecture.documents import commands
from tests.e2e.cutting_proxy import cutting_proxy
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

pytestmark = pytest.mark.anyio
FOLDER = ROOT / "examples"
PROGRAMS = sorted(file.name for file in FOLDER.glob("*.py") if file.name != "__init__.py")
DOCUMENTED = {
    Path(words[1]).name: words[2:]
    for words in commands(FOLDER / "README.md")
    if words[0] == "python"
}
TOKEN = "a token that is hard to guess"


@pytest.fixture
async def url(openai_api: StandIn, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a server with a token; the examples read the token from their environment."""
    async with serve(settings_for(openai_api, tmp_path / "server", auth_token=TOKEN)) as address:
        yield address


async def run(name: str, url: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a program with the arguments in the README, except for the URL and the output path."""
    documented = DOCUMENTED[name]
    replaced = {"--url": url, "--out": str(out)}
    arguments = [
        replaced.get(before, word)
        for before, word in zip(["", *documented], documented, strict=False)
    ]
    assert set(replaced) <= set(documented)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    monkeypatch.setenv("AUTH_TOKEN", TOKEN)
    await asyncio.to_thread(runpy.run_path, str(FOLDER / name), run_name="__main__")


def test_the_readme_shows_every_program() -> None:
    assert sorted(DOCUMENTED) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_short(name: str) -> None:
    assert len((FOLDER / name).read_text("utf-8").splitlines()) <= 80


async def test_the_mcp_client_reports_progress_and_saves_the_image(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await run("mcp_client.py", url, tmp_path / "out", monkeypatch)
    (file,) = (tmp_path / "out").iterdir()
    assert (Image(file.read_bytes()).digest,) == openai_api.ledger[0].digests
    output = capsys.readouterr().out
    assert "Preview 2 of 2 ready." in output
    assert "100.0 of 100" in output
    assert "Generated 1 image(s) successfully." in output


async def test_the_stream_client_saves_previews_and_the_image(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await run("stream_client.py", url, tmp_path / "out", monkeypatch)
    files = {file.name: Image(file.read_bytes()) for file in (tmp_path / "out").iterdir()}
    final = files.pop("final.png")
    assert (final.digest,) == openai_api.ledger[0].digests
    assert {"preview-1.png", "preview-3.png"} <= files.keys()
    assert final not in files.values()
    assert "Generated 1 image(s) successfully." in capsys.readouterr().out


async def test_the_stream_client_reports_an_error(
    url: str, openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai_api.script(faults.quota_exhausted())
    with pytest.raises(SystemExit, match="quota_exhausted"):
        await run("stream_client.py", url, tmp_path / "out", monkeypatch)


async def test_the_demo_compares_four_formats_of_one_image(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await run("optimization_demo.py", url, tmp_path / "sheet.png", monkeypatch)
    assert len(openai_api.posts) == 1
    with PIL.Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 4 * 400
    output = capsys.readouterr().out
    assert all(format_name in output for format_name in ("png", "jpeg", "webp", "auto"))
    assert "%" in output


async def test_the_websocket_client_saves_the_images_of_two_jobs_on_one_connection(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await run("websocket_client.py", url, tmp_path / "out", monkeypatch)
    files = {file.name: Image(file.read_bytes()) for file in (tmp_path / "out").iterdir()}
    finals = {files["day-final.png"].digest, files["night-final.png"].digest}
    assert finals == {digest for charge in openai_api.ledger for digest in charge.digests}
    assert {"day-preview-1.png", "night-preview-3.png"} <= files.keys()
    assert capsys.readouterr().out.count("Generated 1 image(s) successfully.") == 2


async def test_the_websocket_client_continues_after_a_break(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    openai_api.default = faults.slow(1.0)
    async with cutting_proxy(url, size=3_000_000) as proxy:
        await run("websocket_client.py", proxy, tmp_path / "out", monkeypatch)
    assert "The connection broke" in capsys.readouterr().out
    assert {"day-final.png", "night-final.png"} <= {
        file.name for file in (tmp_path / "out").iterdir()
    }
    assert len(openai_api.posts) == 2
