"""An AVIF that a provider sends, although none is requested, is stored, shown and previewed."""

from pathlib import Path

import pytest

from domain.image_formats import ImageFormat
from tests.e2e.test_image_routes import client_of, create_image, decode
from tests.testkit.fakes import small_image
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge"}


async def test_it_is_stored_as_it_is_and_shown_in_other_formats(tmp_path: Path) -> None:
    image = photograph("avif")
    async with client_of(tmp_path, image) as client:
        path = await create_image(client)
        original = await client.get(path)
        thumb = await client.get(f"{path}/thumb", headers={"Accept": "image/avif,image/webp,*/*"})
        as_png = await client.get(path, params={"format": "png"})
    assert (original.content, original.headers["content-type"]) == (image.data, "image/avif")
    assert thumb.headers["content-type"] == "image/webp"
    assert decode(as_png).format == "PNG"


async def test_a_damaged_one_is_refused_and_kept_aside(tmp_path: Path) -> None:
    whole = small_image(size=(64, 64), form="AVIF").data
    broken = type(small_image())(whole[:-40] + bytes(40))
    assert broken.format is ImageFormat.AVIF
    async with client_of(tmp_path, broken) as client:
        reply = await client.post("/images", json=BODY)
    assert (reply.status_code, reply.json()["code"]) == (502, "bad_provider_reply")
    assert broken.data in [file.read_bytes() for file in tmp_path.rglob("quarantine/*")]
