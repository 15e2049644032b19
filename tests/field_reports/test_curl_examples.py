"""The documented curl commands work with the versions that people have, and with large photos."""

import asyncio
import json
import re
from collections.abc import Iterator
from io import BytesIO
from os import urandom
from pathlib import Path

import httpx2
import PIL.Image
import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.documents import Block, blocks, documents
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

OLD_OPTIONS = {
    *("-d", "-F", "-f", "-g", "-H", "-I", "-i", "-L", "-N", "-o", "-s", "-S", "-u", "-X"),
    *("--data-binary", "--fail", "--header", "--include", "--output", "--request", "--silent"),
}
"""Options of curl that version 7.29 of 2013 has too. --json came with 7.82, in 2022."""
CURL = re.compile(r"\bcurl\s(?:\\\n|[^|;\n])*")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def options_of(text: str) -> set[str]:
    """The options of every curl command in a document, inline ones too."""
    words = (QUOTED.sub("", command[0]).split() for command in CURL.finditer(text))
    return {word.rstrip("`") for command in words for word in command if re.match(r"--?\w", word)}


def places() -> Iterator[Path]:
    """Every file that shows commands."""
    yield from documents()
    for name in ("SECURITY.md", "docker-compose.yml", "Dockerfile", ".env.example", "Makefile"):
        yield ROOT / name
    yield from (ROOT / "examples").rglob("*.py")


def test_every_documented_curl_command_works_with_old_versions() -> None:
    """F10: Ubuntu 22.04 has curl 7.81."""
    found = {path.name: options_of(path.read_text("utf-8")) for path in places()}
    newer = {name: options - OLD_OPTIONS for name, options in found.items()}
    assert {name: options for name, options in newer.items() if options} == {}
    assert {"-H", "-d"} <= found["http.md"]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("curl --json '{}' http://x", id="F10"),
        pytest.param("$ curl -N \\\n  --json @- http://x", id="sibling: continued"),
        pytest.param("`curl --fail-with-body http://x`", id="sibling: 7.76, inline"),
        pytest.param('curl -H "a: b" --url-query q=1 http://x', id="sibling: 7.87"),
    ],
)
def test_an_option_of_newer_versions_is_found(command: str) -> None:
    assert options_of(command) - OLD_OPTIONS


def photo_of_5_megabytes(exif: bytes = b"") -> bytes:
    noise = PIL.Image.frombytes("RGB", (1400, 1300), urandom(1400 * 1300 * 3))
    out = BytesIO()
    noise.save(out, "jpeg", quality=100, subsampling=0, exif=exif)
    assert len(out.getvalue()) > 5_000_000
    return out.getvalue()


def photo_example(word: str = "base64") -> Block:
    """The example with a photo that has this word."""
    (block,) = (
        each
        for each in blocks(ROOT / "docs" / "http.md", "sh")
        if "photo.jpg" in each.text and word in each.text
    )
    return block


async def test_the_documented_command_sends_a_photo_of_5_megabytes(tmp_path: Path) -> None:
    """The real curl and shell: an argument of this length would not fit."""
    (tmp_path / "photo.jpg").write_bytes(photo_of_5_megabytes())
    settings = settings_in(tmp_path)
    async with serve(settings, provider=FakeProvider(small_image())) as url:
        command = photo_example().text.replace("http://127.0.0.1:3000", f"-s {url}")
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        made = json.loads(output)
        async with httpx2.AsyncClient(base_url=url) as client:
            job = (await client.get(f"/jobs/{made['jobId']}")).json()
    assert (made["servedFrom"], job["action"], job["state"]) == ("provider", "edit", "stored")


async def test_the_documented_commands_upload_a_photo_of_5_megabytes_and_edit_it(
    tmp_path: Path,
) -> None:
    """The real curl and shell, line by line: one image, a form, and an edit by the ID."""
    (tmp_path / "photo.jpg").write_bytes(photo_of_5_megabytes())
    settings = settings_in(tmp_path)
    async with serve(settings, provider=FakeProvider(small_image())) as url:
        text = photo_example("/uploads").text.replace("http://127.0.0.1:3000", url)
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            re.sub("^curl(.*)$", r"curl\1; echo", text, flags=re.MULTILINE),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        one, form, edited = map(json.loads, output.split(b"\n")[:3])
        async with httpx2.AsyncClient(base_url=url) as client:
            recipe = (await client.get(f"/images/{edited['images'][0]['id']}/recipe")).json()
    (photo,) = one["images"]
    assert (photo["width"], photo["height"], photo["format"]) == (1400, 1300, "jpeg")
    assert [image["id"] for image in form["images"]] == [photo["id"]] * 2
    assert recipe["arguments"]["images"] == [photo["id"]]
