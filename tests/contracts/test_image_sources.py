"""The contract of image sources, for each of them."""

from collections.abc import Mapping, Sequence

import pytest

from tests.testkit.contracts.image_source import ImageSourceContract
from tests.testkit.fakes import PNG, MemoryImageSource

pytestmark = pytest.mark.anyio


class TestMemoryImageSource(ImageSourceContract):
    @pytest.fixture
    def source(self) -> MemoryImageSource:
        return MemoryImageSource({"memory:fox": PNG})

    @pytest.fixture
    def images(self) -> Mapping[str, bytes]:
        return {"memory:fox": PNG.data}

    @pytest.fixture
    def refused(self) -> Sequence[str]:
        return ["memory:", "memory:bear"]
