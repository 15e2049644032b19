"""The result of a tool for the client that called it: text, images, links, hints."""

from collections.abc import Sequence
from typing import Any

import pytest
from mcp_types import CallToolResult, ResourceLink, TextContent

from application.use_cases.preview_images import PreviewImages
from domain.image import Image, StoredRef
from domain.requests import GenerateRequest
from domain.results import ImageResult, ResultImage
from entrypoints.mcp.tool_results import SMALL_PREVIEW, WHOLE, ResultForm, to_tool_result
from entrypoints.wire.client_profiles import profile_of
from tests.testkit.events import images, job
from tests.testkit.fakes import PNG, small_image

pytestmark = pytest.mark.anyio
REQUEST = GenerateRequest(prompt="a red bridge\nat dusk [night]")
STORED = StoredRef(ref="bridge", local_path="/art/GPT Image/bridge.png")
PREVIEW = small_image("gray", form="JPEG")


class Previews(PreviewImages):
    """Every image is larger than its room, and a preview fits from 100 bytes on."""

    def __init__(self) -> None:
        self.rooms: list[int] = []

    async def __call__(self, result: ImageResult, /, *, max_bytes: int) -> Sequence[Image | None]:
        self.rooms.append(max_bytes)
        return [PREVIEW if max_bytes > 100 else None for _ in result.images]


def result_of(served_from: str = "provider", stored: StoredRef | None = STORED) -> ImageResult:
    return images(job("job_1"), served_from, images=(ResultImage(image=PNG, stored=stored),))


async def answer(
    result: ImageResult | None = None,
    previews: Previews | None = None,
    client: str = "test",
    **form: Any,  # noqa: ANN401 - fields of ResultForm
) -> tuple[str, CallToolResult]:
    """The text of a result, and the result."""
    whole = ResultForm(
        **{"max_bytes": 900_000, "profile": profile_of(client), "resource_links": True, **form}
    )
    made = await to_tool_result(result or result_of(), REQUEST, previews or Previews(), whole)
    assert isinstance(made.content[0], TextContent)
    return made.content[0].text, made


async def test_hints_are_in_the_text_and_in_the_structured_content() -> None:
    text, made = await answer(result_of("memory"), client="codex-mcp-client")
    hints = (made.structured_content or {})["hints"]
    assert hints == [
        "For a new image, pass fresh: true.",
        "To edit an image, pass its ID to edit_image.",
        "Put this line into your answer, to show the image:\n"
        "![a red bridge at dusk night](</art/GPT Image/bridge.png>)",
    ]
    assert all(hint in text for hint in hints)


async def test_a_link_has_the_type_size_and_prompt_of_the_image() -> None:
    _, made = await answer()
    link = made.content[-1]
    assert isinstance(link, ResourceLink)
    assert link.model_dump(exclude_none=True, by_alias=True) == {
        "type": "resource_link",
        "uri": f"image://{PNG.id}",
        "name": PNG.id,
        "title": "a red bridge at dusk [night]",
        "mimeType": "image/png",
        "size": len(PNG.data),
    }


@pytest.mark.parametrize(
    ("client", "form", "stored"),
    [
        ("test", {"resource_links": False}, STORED),
        ("Kiro", {}, STORED),
        ("cline", {}, STORED),
        ("test", {}, None),
    ],
    ids=["an older protocol", "Kiro", "Cline", "an image that is not stored"],
)
async def test_no_link_is_sent_that_fails_the_call_or_leads_nowhere(
    client: str, form: dict[str, Any], stored: StoredRef | None
) -> None:
    _, made = await answer(result_of(stored=stored), client=client, **form)
    assert [part.type for part in made.content] == ["text", "image"]


@pytest.mark.parametrize(
    ("detail", "room", "kinds"),
    [
        ("link", 0, ["text", "resource_link"]),
        ("preview", SMALL_PREVIEW, ["text", "image", "resource_link"]),
    ],
)
async def test_detail_decides_how_much_of_an_image_is_in_the_result(
    detail: str, room: int, kinds: list[str]
) -> None:
    previews = Previews()
    text, made = await answer(previews=previews, detail=detail)
    assert previews.rooms == [room]
    assert [part.type for part in made.content] == kinds
    assert str(STORED) in text


async def test_a_whole_image_that_does_not_fit_comes_with_the_ways_to_get_it() -> None:
    previews = Previews()
    text, made = await answer(previews=previews, detail="full")
    assert WHOLE in text
    assert WHOLE in (made.structured_content or {})["hints"]
    assert previews.rooms[0] > SMALL_PREVIEW
    text, _ = await answer(previews=Previews())
    assert WHOLE not in text


async def test_a_whole_image_that_fits_comes_without_advice() -> None:
    class Fitting(Previews):
        async def __call__(
            self, result: ImageResult, /, *, max_bytes: int
        ) -> Sequence[Image | None]:
            return [image.delivered for image in result.images if len(image.image.data) < max_bytes]

    text, made = await answer(previews=Fitting(), detail="full")
    assert WHOLE not in text
    assert "shown here" in text
    assert (made.structured_content or {})["images"][0]["shown"] == "full"
