"""A third-party provider gets every safeguard without any code for it."""

from decimal import Decimal
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import TextContent

from application.ports.image_provider import Delivered, ProviderStream
from domain.image import Image
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import BadProviderReply, ProviderUnreachable
from domain.requests import EditRequest, GenerateRequest
from domain.results import ResultImage
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.mcp.server import build_server
from tests.testkit.fakes import PNG, FakeProvider, settings_in

pytestmark = pytest.mark.anyio


class Polaroid:
    """Returns the given images, or raises the given exceptions, one per call."""

    name = "polaroid"
    endpoint = ""
    catalog = Catalog(cards=(ModelCard(name="600"),), default="600")

    def __init__(self, *shots: Image | Exception) -> None:
        self.shots = list(shots)

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._shoot()

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._shoot()

    async def _shoot(self) -> ProviderStream:
        shot = self.shots.pop(0)
        if isinstance(shot, Exception):
            raise shot
        yield Delivered(images=(ResultImage(image=shot),))


async def test_a_new_provider_is_archived_inspected_and_retried(tmp_path: Path) -> None:
    camera = Polaroid(ProviderUnreachable("Jammed."), PNG)
    async with run_application(settings_in(tmp_path), provider=camera) as container:
        handle = await container.generate_image()(GenerateRequest(prompt="a red bridge"))
        (image,) = (await handle.result()).images
        assert image.stored is not None
        assert Path(image.stored.ref).read_bytes() == PNG.data
        assert await container.view_image().original(image.id) == PNG
        assert image.notes == ("requested 1024x1024, the provider sent 8x8",)


async def test_an_invalid_image_of_a_new_provider_is_quarantined(tmp_path: Path) -> None:
    camera = Polaroid(Image(b"<html>out of film</html>"))
    async with run_application(settings_in(tmp_path), provider=camera) as container:
        handle = await container.generate_image()(GenerateRequest(prompt="a red bridge"))
        with pytest.raises(BadProviderReply) as bad:
            await handle.result()
    (path,) = bad.value.quarantined
    assert Path(path).read_bytes() == b"<html>out of film</html>"


async def test_a_provider_is_swapped_in_five_lines(tmp_path: Path) -> None:
    fake = FakeProvider(PNG)
    async with run_application(settings_in(tmp_path), provider=fake) as container:
        handle = await container.generate_image()(GenerateRequest(prompt="a red bridge"))
        images = await handle.result()
    assert images.images[0].image == PNG
    assert fake.seen[0].request.prompt == "a red bridge"


async def test_a_fake_provider_has_a_known_cost(tmp_path: Path) -> None:
    fake = FakeProvider(cost=Decimal("0.03"))
    async with run_application(settings_in(tmp_path), provider=fake) as container:
        handle = await container.generate_image()(GenerateRequest(prompt="a red bridge"))
        assert (await handle.result()).charged_cost == Decimal("0.03")
        assert (await container.report_usage()(1)).total.cost == Decimal("0.03")
    assert FakeProvider().catalog.cards[0].pricing is None


@pytest.mark.parametrize("max_input_images", [0, 1])
async def test_a_result_suggests_an_edit_only_if_the_default_model_can_edit(
    max_input_images: int, tmp_path: Path
) -> None:
    provider, settings = FakeProvider(PNG), settings_in(tmp_path)
    card = ModelCard(name="fake-1", max_input_images=max_input_images)
    provider.catalog = Catalog(cards=(card,), default=card.name)
    async with run_application(settings, provider=provider) as container:

        async def opened() -> Container:
            return container

        async with Client(build_server(opened, settings)) as client:
            result = await client.call_tool("generate_image", {"prompt": "a red bridge"})
    (text,) = (block.text for block in result.content if isinstance(block, TextContent))
    assert ("edit_image" in text) is bool(max_input_images)


def test_every_replaceable_part_is_a_provider_of_the_container() -> None:
    """The container ignores names that it does not have."""
    assert {*Parts.__annotations__} <= {*Container.providers}
