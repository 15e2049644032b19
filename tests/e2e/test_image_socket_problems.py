"""The problem table once more: the error frames of the WebSocket."""

import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.e2e.image_socket import open_socket
from tests.e2e.loopback_server import serve
from tests.e2e.problems import LOCAL_PROBLEMS, PROVIDER_PROBLEMS, Row
from tests.e2e.test_openai_problems import encoded
from tests.e2e.test_problems import normalized
from tests.e2e.transports import settings_for
from tests.standin import StandIn

TYPES = {"generate_image": "generate", "edit_image": "edit"}
TOO_LARGE = {"input over 50 MB"}
"""Rows whose message is larger than the socket allows: test_image_socket has that."""
ROWS = [row for row in (*LOCAL_PROBLEMS, *PROVIDER_PROBLEMS) if row.name not in TOO_LARGE]


@pytest.mark.anyio
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_problem_is_the_last_frame_of_its_operation(
    row: Row, openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    openai_api.script(*row.faults)
    arguments = {name: encoded(value) for name, value in row.arguments.items()}
    serving = serve(settings_for(openai_api, tmp_path, **row.settings))
    async with serving as url, open_socket(url) as socket:
        *_, last = await socket.ask(TYPES[row.tool], arguments=arguments)
    assert (last["type"], last["id"]) == ("error", "a")
    assert len(openai_api.posts) == row.calls
    assert normalized(json.dumps(last.header, indent=1, ensure_ascii=False), tmp_path) == snapshot
