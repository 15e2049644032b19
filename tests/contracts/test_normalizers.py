"""PillowNormalizer fulfills its port's contract."""

import sys

import pytest

from adapters.pillow import worker_process
from adapters.pillow.normalizer import PillowNormalizer
from adapters.pillow.worker_pool import WorkerPool
from adapters.pillow.worker_process import IDLE
from application.ports.image_inspector import NotInspected
from application.ports.image_normalizer import ImageNormalizer
from domain.errors import UnreadableImage
from tests.testkit.contracts.image_normalizer import ImageNormalizerContract
from tests.testkit.fakes import small_image
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio


class TestPillowNormalizer(ImageNormalizerContract):
    @pytest.fixture
    def normalizer(self) -> ImageNormalizer:
        return PillowNormalizer(WorkerPool(2))

    async def test_an_image_is_not_judged_if_no_process_can_be_started(
        self, normalizer: ImageNormalizer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        IDLE.close()
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(NotInspected):
            await normalizer.normalize(small_image(form="JPEG"))

    async def test_an_image_whose_decoder_crashes_is_refused(
        self, normalizer: ImageNormalizer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        IDLE.close()
        monkeypatch.setattr(worker_process, "START", "raise SystemExit(3)")
        with pytest.raises(UnreadableImage, match="damaged"):
            await normalizer.normalize(small_image(form="JPEG"))

    async def test_a_plain_png_waits_for_no_worker(
        self, normalizer: ImageNormalizer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        IDLE.close()
        monkeypatch.setattr(worker_process, "START", "raise SystemExit(3)")
        made = await normalizer.normalize(photograph("png"))
        assert made.image == photograph("png")
