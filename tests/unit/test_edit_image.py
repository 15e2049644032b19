"""Input images are inspected before anything is sent, within a time limit."""

import asyncio
from pathlib import Path

import pytest

from application.ports.image_inspector import NotInspected
from domain.errors import UnreadableImage
from domain.image import Image
from domain.input_images import NormalizedImage
from domain.requests import EditRequest
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import PNG, FakeProvider, HeaderNormalizer, settings_in

pytestmark = pytest.mark.anyio


class Hanging(HeaderNormalizer):
    async def normalize(self, image: Image, /) -> NormalizedImage:
        await asyncio.Event().wait()
        return NormalizedImage(image=image)


async def test_an_image_that_cannot_be_inspected_in_time_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.input_inspection.INSPECTION_TIMEOUT", 0.01)
    settings, provider = settings_in(tmp_path), FakeProvider()
    async with run_application(settings, provider=provider, normalizer=Hanging()) as container:
        with pytest.raises(UnreadableImage, match=r"within 0\.01 s") as late:
            await container.edit_image()(EditRequest(prompt="a lake", images=(PNG,)))
    assert late.value.field == "images[0]"
    assert provider.seen == []


class Slow(HeaderNormalizer):
    """Takes 0.05 s for each image."""

    async def normalize(self, image: Image, /) -> NormalizedImage:
        await asyncio.sleep(0.05)
        return NormalizedImage(image=image)


async def test_all_images_of_a_request_share_one_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("use_cases.edit_image", "input_inspection"):
        monkeypatch.setattr(f"application.{module}.TOTAL_INSPECTION_TIMEOUT", 0.2)
    settings, provider = settings_in(tmp_path), FakeProvider()
    async with run_application(settings, provider=provider, normalizer=Slow()) as container:
        with pytest.raises(UnreadableImage, match=r"within 0\.2 s, the limit for all") as late:
            await container.edit_image()(EditRequest(prompt="a lake", images=(PNG,) * 16))
    assert late.value.field in {f"images[{index}]" for index in range(5)}
    assert provider.seen == []


class Overloaded(HeaderNormalizer):
    async def normalize(self, image: Image, /) -> NormalizedImage:
        raise NotInspected("no process could be started")


async def test_an_image_that_cannot_be_inspected_now_is_not_sent(tmp_path: Path) -> None:
    settings, provider = settings_in(tmp_path), FakeProvider()
    async with run_application(settings, provider=provider, normalizer=Overloaded()) as container:
        with pytest.raises(UnreadableImage, match="no process could be started") as failure:
            await container.edit_image()(EditRequest(prompt="a lake", images=(PNG,)))
    assert failure.value.hint == "Retry later."
    assert provider.seen == []
