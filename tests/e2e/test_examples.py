"""The examples do what their README shows, against a real server."""

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
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

pytestmark = pytest.mark.anyio
FOLDER = ROOT / "examples"
PROGRAMS = sorted(file.name for file in FOLDER.glob("*.py") if file.name != "__init__.py")
SHOWN = {
    Path(words[1]).name: words[2:]
    for words in commands(FOLDER / "README.md")
    if words[0] == "python"
}
TOKEN = "a token that nobody guesses"


@pytest.fixture
async def url(openai_api: StandIn, tmp_path: Path) -> AsyncIterator[str]:
    """A server with a token; the examples find it in their environment."""
    async with serve(settings_for(openai_api, tmp_path / "server", auth_token=TOKEN)) as address:
        yield address


async def run(name: str, url: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a program with the arguments that the README shows, but for address and place."""
    given = SHOWN[name]
    where = {"--url": url, "--out": str(out)}
    arguments = [where.get(before, word) for before, word in zip(["", *given], given, strict=False)]
    assert set(where) <= set(given)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    monkeypatch.setenv("AUTH_TOKEN", TOKEN)
    await asyncio.to_thread(runpy.run_path, str(FOLDER / name), run_name="__main__")


def test_the_readme_shows_every_program() -> None:
    assert sorted(SHOWN) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_short_enough_to_be_read(name: str) -> None:
    assert len((FOLDER / name).read_text("utf-8").splitlines()) <= 80


async def test_the_mcp_client_tells_of_progress_and_saves_the_whole_picture(
    url: str,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await run("mcp_client.py", url, tmp_path / "out", monkeypatch)
    (file,) = (tmp_path / "out").iterdir()
    assert (Image(file.read_bytes()).digest,) == openai_api.ledger[0].digests
    said = capsys.readouterr().out
    assert "Preview 2 of 2 ready." in said
    assert "100.0 of 100" in said
    assert "Generated 1 image(s) successfully." in said


async def test_the_stream_client_writes_previews_and_the_picture(
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


async def test_the_stream_client_says_what_went_wrong(
    url: str, openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai_api.script(faults.quota_exhausted())
    with pytest.raises(SystemExit, match="quota_exhausted"):
        await run("stream_client.py", url, tmp_path / "out", monkeypatch)


async def test_the_demo_compares_four_forms_of_one_picture(
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
    said = capsys.readouterr().out
    assert all(form in said for form in ("png", "jpeg", "webp", "auto"))
    assert "%" in said
