"""A preview that is begun before its message is known is the one that the message has."""

from pathlib import Path

import pytest
from mcp import Client

from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.mcp.server import build_server
from entrypoints.mcp.tool_results import REPORT_ROOM, max_image_bytes
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import ScriptedOptimizer, small_image

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("n", "revised_prompt", "rooms"),
    [
        pytest.param(1, "", 1, id="one image"),
        pytest.param(3, "", 1, id="three images"),
        pytest.param(1, "a bridge " * 5_000, 2, id="a text that leaves less than expected"),
    ],
)
async def test_a_preview_is_made_for_the_room_that_the_message_leaves(
    n: int, revised_prompt: str, rooms: int, openai_api: StandIn, tmp_path: Path
) -> None:
    if revised_prompt:
        openai_api.default = faults.revised_prompt(revised_prompt)
    settings, optimizer = settings_for(openai_api, tmp_path), ScriptedOptimizer(small_image())
    async with run_application(settings, optimizer=optimizer) as container:

        async def opened() -> Container:
            return container

        async with Client(build_server(opened, settings)) as client:
            result = await client.call_tool("generate_image", {"prompt": "large", "n": n})
    assert not result.is_error, result.content
    expected = max_image_bytes(settings.result_max_bytes, n) // 10_000 * 10_000
    assert optimizer.seen[0].max_bytes == expected
    assert len({spec.max_bytes for spec in optimizer.seen}) == rooms


def test_reports_of_usual_length_leave_equal_room_for_images() -> None:
    room = max_image_bytes(900_000, 2)
    assert max_image_bytes(900_000, 2, reported=2 * REPORT_ROOM) == room
    assert max_image_bytes(900_000, 2, reported=2 * REPORT_ROOM + 100) < room
