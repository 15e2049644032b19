"""A step on renditions fulfills its port's contract."""

import pytest

from application.ports.image_processor import ImageProcessor
from tests.testkit.contracts.image_processor import ImageProcessorContract
from tests.testkit.fakes import Turned


class TestTurned(ImageProcessorContract):
    @pytest.fixture
    def processor(self) -> ImageProcessor:
        return Turned()
