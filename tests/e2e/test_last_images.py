"""The last image of a conversation, as it is sent to the Images API again."""

from pathlib import Path

import pytest

from domain.image import Image
from domain.image_layouts import read_layout
from tests.e2e.every_tool import facts_of
from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import StandIn

pytestmark = pytest.mark.anyio
LOGO = {"conversationId": "logo", "quality": "low"}


@pytest.mark.parametrize(
    "options",
    [
        {"format": "png"},
        {"format": "png", "background": "transparent"},
        {"format": "jpeg", "output_compression": 60},
        {"format": "webp"},
        {"format": "auto"},
        {"format": "avif"},
        {"deliver": "400x400 cover"},
    ],
    ids=str,
)
async def test_an_edit_of_the_last_image_sends_the_stored_original_not_encoded_again(
    options: dict[str, object], openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    async with connect_in_memory(settings) as client:
        made = await client.call_tool("generate_image", {"prompt": "a fox", **LOGO, **options})
        (facts,) = facts_of(made)["images"]
        edited = await client.call_tool("edit_image", {"prompt": "add a hat", **LOGO})
        assert not edited.is_error, edited.content
    assert settings.output_dir is not None
    files = [path.read_bytes() for path in settings.output_dir.iterdir() if path.is_file()]
    (stored,) = [data for data in files if Image(data).id == facts["id"]]
    (sent,) = openai_api.posts[1].files
    assert sent.data == read_layout(Image(stored)).without_metadata()
    assert Image(sent.data).dimensions == Image(stored).dimensions
    assert 0 < len(stored) - len(sent.data) < 100  # the comment that the stand-in adds
