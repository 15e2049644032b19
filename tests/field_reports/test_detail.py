"""The argument `detail` at every entry point that takes arguments."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.field_reports.argument_doors import Doors, open_doors

pytestmark = pytest.mark.anyio


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("detail", "has_data"), [("full", True), ("link", False), (None, False)])
async def test_detail_adds_the_image_to_a_response_over_http(
    detail: str | None, *, has_data: bool, doors: Doors
) -> None:
    given = {"prompt": f"a fox, {detail}", "detail": detail}
    answer = await doors.send("/images", given)
    assert ("data" in answer.facts["images"][0]) is has_data
    assert "previewUrl" in answer.facts["images"][0]


async def test_detail_takes_the_bytes_out_of_a_result(doors: Doors) -> None:
    for tool, more in (
        ("generate_image", {"prompt": "a fox, linked"}),
        ("get_image", {"id": "last"}),
    ):
        answer = await doors.call(tool, {**more, "detail": "Link"})
        assert answer.succeeded, answer.text
        assert answer.facts["images"][0]["shown"] == "none"
