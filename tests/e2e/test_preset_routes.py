"""Presets and styles over HTTP."""

from pathlib import Path

import pytest

from tests.e2e.asgi_client import asgi_client
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio


async def test_presets_and_styles_are_listed_without_paths(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, provider="sketch")
    styles = settings.presets_folder / "styles"
    styles.mkdir(parents=True)
    (styles / "ink.toml").write_text('text = "black ink"\nreferences = ["a.png"]', "utf-8")
    (styles / "oil.toml").write_text('text = "thick oil"', "utf-8")
    (styles.parent / "poster.toml").write_text("title = 1", "utf-8")
    async with asgi_client(settings) as client:
        presets = await client.request("GET", "/presets")
        logo = await client.request("GET", "/presets/logo")
        listed = await client.request("GET", "/styles")
        for name in ("poster", "lgoo", "..%2Flogo"):
            assert (await client.request("GET", f"/presets/{name}")).status == 404
    assert "logo" in [each["name"] for each in presets.json["presets"]]
    assert {fault["file"] for fault in presets.json["faults"]} == {"poster.toml"}
    assert logo.json in presets.json["presets"]
    assert logo.json["template"].startswith("Design a logo for $name.")
    assert [each["name"] for each in listed.json["styles"]] == ["oil"]
    (fault,) = listed.json["faults"]
    assert fault["file"] == "styles/ink.toml"
    assert str(tmp_path) not in str(listed.json) + str(presets.json)
