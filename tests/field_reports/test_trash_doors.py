"""Every door moves an image to the trash, says how to undo it, and the hint works when followed."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from domain.errors import NotFound
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.app import cli
from tests.e2e.asgi_client import asgi_client
from tests.e2e.transports import connect_in_memory
from tests.testkit.fakes import PNG, FakeProvider, settings_in

REQUEST = GenerateRequest(prompt="a red bridge", size=PNG.dimensions)


async def generate(container: Container) -> None:
    """Ask for the image, and wait for it."""
    job = await container.generate_image()(REQUEST)
    await job.result()


@pytest.mark.anyio
async def test_a_deleted_image_is_in_no_answer_and_restored_it_costs_nothing(
    tmp_path: Path,
) -> None:
    provider = FakeProvider()
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        await generate(container)
        await container.view_image().original(PNG.id)
        await container.delete_image()(PNG.id)
        with pytest.raises(NotFound, match="is in the trash"):
            await container.view_image().original(PNG.id)
        with pytest.raises(NotFound, match="is in the trash"):
            await container.get_image()(PNG.id)
        with pytest.raises(NotFound, match="is in the trash"):
            await container.delete_image()(PNG.id)
        assert (await container.list_images()()).completed == []
        await container.restore_image()(PNG.id)
        await container.restore_image()(PNG.id)
        assert await container.view_image().original(PNG.id) == PNG
        await generate(container)
        assert len(provider.seen) == 1
        await container.delete_image()(PNG.id)
        await generate(container)
        assert len(provider.seen) == 2


@pytest.mark.anyio
async def test_an_old_result_is_not_cached_again_by_its_restoration(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with run_application(settings_in(tmp_path, cache_ttl=0), provider=provider) as container:
        await generate(container)
        await container.delete_image()(PNG.id)
        await container.restore_image()(PNG.id)
        await generate(container)
    assert len(provider.seen) == 2


@pytest.mark.anyio
async def test_the_hint_of_the_http_door_brings_the_image_back(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        await client.post("/images", {"prompt": "a red bridge", "format": "webp"})
        deleted = (await client.request("DELETE", f"/images/{PNG.id}")).json
        assert (await client.request("GET", f"/images/{PNG.id}")).code == "not_found"
        assert (await client.request("GET", "/images")).json["images"] == []
        method, path = deleted["undo"].split()
        assert deleted["until"]
        restored = await client.request(method, path)
        assert (restored.status, restored.json) == (200, {"restored": [PNG.id]})
        assert (await client.request("GET", f"/images/{PNG.id}")).body == PNG.data
        unknown = await client.request("POST", f"/images/img_{'0' * 32}/restore")
        assert (unknown.status, unknown.code) == (404, "not_found")


@pytest.mark.anyio
async def test_the_hint_of_the_mcp_door_brings_the_image_back(tmp_path: Path) -> None:
    async with connect_in_memory(settings_in(tmp_path, provider="sketch")) as client:
        generated = await client.call_tool("generate_image", {"prompt": "a red bridge"})
        image: Any = (generated.structured_content or {})["images"][0]
        deleted: Any = await client.call_tool("delete_image", {"id": image["id"]})
        assert not Path(image["path"]).exists()
        tool, arguments = deleted.structured_content["undo"].split(" ", 1)
        assert deleted.structured_content["undo"] in deleted.content[0].text
        await client.call_tool(tool, json.loads(arguments))
        assert Path(image["path"]).exists()
        got = await client.call_tool("get_image", {"id": image["id"]})
        assert not got.is_error


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs a command in this process, on a folder with one old sketch."""
    environment = {
        "OUTPUT_DIR": str(tmp_path / "images"),
        "DATA_DIR": str(tmp_path / "data"),
        "CACHE_DIR": str(tmp_path / "cache"),
        "PROVIDER": "sketch",
    }
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(cli, arguments, env=environment, input=typed)
        return result.exit_code, result.output

    assert run("generate", "a red bridge")[0] == 0
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as records, records:
        records.execute("UPDATE jobs SET created_at = '2020-01-01 00:00:00.000000'")
    return run


def visible(folder: Path) -> int:
    """How many images are outside the trash."""
    return len([*(folder / "images").glob("*.png")])


PRUNES: dict[str, tuple[tuple[str, ...], int, str, int]] = {
    "an age of 0 days": (("--older-than", "0d", "--yes"), 2, "every image would go", 1),
    "an age of 0 hours": (("--older-than", "0h", "--yes"), 2, "every image would go", 1),
    "a negative age": (("--older-than=-1d", "--yes"), 2, "not a valid age", 1),
    "half a day": (("--older-than", "0.5d", "--yes"), 2, "not a valid age", 1),
    "a size of 0": (("--max-size", "0", "--yes"), 2, "every image would go", 1),
    "a negative size": (("--max-size=-1", "--yes"), 2, "every image would go", 1),
    "a size that is no number": (("--max-size", "nan", "--yes"), 2, "must be a number", 1),
    "a size without end": (("--max-size", "inf", "--yes"), 2, "must be a number", 1),
    "nothing": (("--yes",), 2, "Say what to prune", 1),
    "both": (("--older-than", "1d", "--max-size", "1", "--yes"), 2, "Say what to prune", 1),
    "without a terminal": (("--older-than", "1d"), 2, "Add --yes", 1),
    "a dry run": (("--older-than", "1d", "--dry-run"), 0, "red-bridge-", 1),
    "an age that no image has": (("--older-than", "9999w", "--yes"), 0, "No image", 1),
    "a size that is not exceeded": (("--max-size", "500", "--yes"), 0, "no more than", 1),
    "yes": (("--older-than", "1d", "--yes"), 0, "gpt-image images restore last", 0),
    "a size": (("--max-size", "0.001", "--yes"), 0, "gpt-image images restore last", 0),
}


def test_prune_asks_or_refuses_and_every_hint_works(
    command: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, (arguments, code, words, left) in PRUNES.items():
        got, output = command("images", "prune", *arguments)
        assert (got, visible(tmp_path)) == (code, left), (name, output)
        assert words in output, name
        if not left:
            assert command("images", "restore", "last")[0] == 0
            assert visible(tmp_path) == 1
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("entrypoints.cli.deletion.sys", terminal)
    code, output = command("images", "prune", "--older-than", "1d", typed="n\n")
    assert (code, visible(tmp_path)) == (130, 1)
    assert "1 image, " in output
    assert "Move them to the trash?" in output
    code, output = command("images", "prune", "--older-than", "1d", typed="y\n")
    assert (code, visible(tmp_path)) == (0, 0)
    assert (
        json.loads(command("images", "prune", "--older-than", "1d", "--json")[1])["pictures"] == 0
    )


def test_the_trash_is_listed_restored_and_emptied(
    command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    image_id = json.loads(command("images", "list", "--json")[1])["images"][0]["id"]
    assert command("images", "list", "--trash") == (0, "The trash is empty.\n")
    assert command("images", "restore", "last")[0] == 3
    code, output = command("images", "delete", image_id)
    assert (code, visible(tmp_path)) == (0, 0)
    hint = output.partition(": gpt-image ")[2].split()
    code, listed = command("images", "list", "--trash")
    assert f"{image_id} · 6 days left · " in listed
    assert "a red bridge" in listed
    assert command(*hint)[0] == 0
    assert visible(tmp_path) == 1
    command("images", "delete", image_id)
    assert command("images", "restore", "--all") == (0, f"Restored {image_id}.\n")
    assert command("images", "restore")[0] == command("images", "restore", "last", "--all")[0] == 2
    command("images", "delete", image_id)
    assert command("images", "empty-trash")[0] == 2
    assert "for good" in command("images", "empty-trash", "--yes")[1]
    assert [*(tmp_path / "images").rglob("*")] == []
    assert command("images", "restore", image_id)[0] == 3


@pytest.mark.parametrize("number", [1, 2])
def test_previews_have_the_name_of_their_image_and_share_its_fate(
    number: int, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    options = ("--partials", "2", "-n", str(number), "--size", "64x64", "--json")
    made = json.loads(command("generate", "a harbor", *options)[1])
    stems = [Path(image["path"]).stem for image in made["images"]]
    assert [Path(path).name for path in made["previews"]] == [
        f"{stem}-preview-{at}.png" for stem in stems for at in (1, 2)
    ]
    before = {path: path.read_bytes() for path in folder.glob("harbor-*")}
    assert len(before) == 3 * number
    for image in made["images"]:
        command("images", "delete", image["id"])
    assert not [*folder.glob("harbor-*")]
    assert command("images", "restore", "--all")[0] == 0
    assert {path: path.read_bytes() for path in folder.glob("harbor-*")} == before
