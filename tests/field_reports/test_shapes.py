"""An edit without a size keeps the shape of its first image, as people see it."""

import pytest

from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.requests import EditRequest
from domain.size_rules import COMMON_SIZES, SizeRule
from tests.field_reports import photo_files as files
from tests.field_reports.edits import Editor
from tests.testkit.fakes import small_image

pytest_plugins = ["tests.field_reports.edit_server"]
pytestmark = pytest.mark.anyio
FREE, FIXED, UNKNOWN = "gpt-image-2.6-flare", "gpt-image-1-mini", "a-model-of-a-gateway"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("photo", "more", "sent"),
    [
        (files.photo(1, size=(80, 60)), {}, "1344x1008"),
        (files.photo(6, size=(60, 80)), {}, "1008x1344"),
        (files.photo(1, size=(96, 54)), {}, "1536x864"),
        (files.photo(1, size=(64, 64)), {}, "1024x1024"),
        (files.photo(1, size=(60, 40)), {}, "1536x1024"),
        (files.photo(1, size=(200, 20)), {}, "1536x512"),
        (files.photo(1, size=(80, 60)), {"model": FIXED}, "1536x1024"),
        (files.photo(6, size=(60, 80)), {"model": FIXED}, "1024x1536"),
        (files.photo(1, size=(80, 60)), {"size": "auto"}, "auto"),
        (files.photo(1, size=(80, 60)), {"size": "1024x1024"}, "1024x1024"),
        (files.photo(1, size=(80, 60)), {"size": None}, "1344x1008"),
    ],
)
async def test_the_size_that_is_sent(
    photo: bytes, more: dict[str, object], sent: str, editor: Editor
) -> None:
    reply = await editor.edit(photo, **more)
    assert reply.status == 201, reply.body
    assert editor.calls[0].fields["size"] == sent


async def test_the_first_of_several_images_decides(editor: Editor) -> None:
    await editor.edit(files.photo(1, size=(40, 60)), files.photo(1, size=(60, 40)))
    assert editor.calls[0].fields["size"] == "1024x1536"


def test_a_model_that_nothing_is_known_of_gets_a_common_size() -> None:
    card = ModelCard(name=UNKNOWN, is_known=False)
    request = EditRequest(prompt="x", images=(small_image(size=(80, 60)),), keep_shape=True)
    assert card.sized(request).size == Dimensions(1536, 1024)


@pytest.mark.parametrize("shape", [(1, 16384), (16384, 1), (1179, 2556), (4032, 3024), (7, 7)])
@pytest.mark.parametrize(
    "rule",
    [
        SizeRule(listed=COMMON_SIZES),
        SizeRule(
            listed=COMMON_SIZES,
            multiple_of=16,
            max_ratio=3.0,
            max_long_side=3840,
            max_short_side=2160,
            min_pixels=655_360,
            max_pixels=8_294_400,
        ),
        SizeRule(max_ratio=2, max_long_side=900, max_short_side=900, max_pixels=810_000),
    ],
)
def test_every_shape_gets_a_size_that_the_rule_allows(
    rule: SizeRule, shape: tuple[int, int]
) -> None:
    image = Dimensions(*shape)
    size = rule.shaped_like(image)
    assert rule.allows(size) or not any(map(rule.allows, COMMON_SIZES))
    if image.ratio < 3:
        assert (size.width >= size.height) is (image.width >= image.height)
