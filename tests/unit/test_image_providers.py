"""The settings decide which providers there are, and which one serves unnamed models."""

from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.joint_catalog import JointCatalog
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.bootstrap.providers import image_providers
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
KEY = {"openai_api_key": "sk-1"}
AZURE = {
    "azure_openai_endpoint": "https://a.example",
    "azure_openai_deployments": "gpt-image-2=a gpt-image-2.6-flare=b",
}
SERVERS = {"openai_compatible_urls": "local=http://localhost:8000/v1 relay=https://a.example/v1"}
GEMINI_KEY = {"gemini_api_key": "AIza-1"}
FLARE = "gpt-image-2.6-flare"


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ["sketch"]),
        ({"provider": "auto"} | KEY, ["openai", "openai-responses"]),
        ({"provider": "openai"}, ["openai", "openai-responses"]),
        ({"api_mode": "responses"} | KEY, ["openai-responses", "openai"]),
        ({"provider": "sketch"} | KEY, ["sketch"]),
        (KEY | AZURE, ["openai", "openai-responses", "azure"]),
        ({"provider": "azure"} | KEY | AZURE, ["azure", "openai", "openai-responses"]),
        ({"azure_openai_endpoint": "https://a.example"}, ["sketch"]),
        (SERVERS, ["local", "relay"]),
        ({"provider": "compatible"} | AZURE | SERVERS, ["local", "relay", "azure"]),
        (GEMINI_KEY, ["gemini"]),
        ({"provider": "gemini"}, ["gemini"]),
        (KEY | GEMINI_KEY, ["openai", "openai-responses", "gemini"]),
        ({"provider": "gemini"} | KEY | GEMINI_KEY, ["gemini", "openai", "openai-responses"]),
        ({"provider": "sketch"} | KEY | GEMINI_KEY, ["sketch"]),
    ],
    ids=str,
)
async def test_the_settings_say_which_providers_there_are(
    chosen: dict[str, Any], names: list[str], tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, **{"provider": "auto"} | chosen)
    async with AsyncExitStack() as stack:
        assert [each.name for each in image_providers(settings, stack)] == names


@pytest.mark.parametrize("mode", ["images", "responses"])
async def test_the_other_api_of_openai_is_reached_by_its_name_and_doubles_no_list(
    mode: str, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, provider="auto", api_mode=mode, **KEY)
    async with AsyncExitStack() as stack:
        providers = image_providers(settings, stack)
    catalog = JointCatalog([(each.name, each.catalog) for each in providers])
    first, other = providers
    today = date(2026, 11, 22)
    assert {each.provider for each in catalog.models} == {first.name}
    assert len({each.name for each in catalog.models}) == len(catalog.models)
    for name, provider in ((FLARE, first), (f"{other.name}/{FLARE}", other)):
        chosen = catalog.choose(name, today)
        assert (chosen.provider, chosen.model) == (provider.name, FLARE)


async def test_a_provider_that_replaces_the_own_ones_is_the_only_one(tmp_path: Path) -> None:
    fake = FakeProvider()
    settings = settings_in(tmp_path, provider="auto", **KEY)
    async with run_application(settings, provider=fake) as container:
        assert [*container.image_providers()] == [fake]
