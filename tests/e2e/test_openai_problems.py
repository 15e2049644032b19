"""The problem table once more: what OpenAI's clients get of every problem."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.image import Image
from entrypoints.http.openai_api.arguments import NAMES
from entrypoints.http.openai_api.error_envelope import envelope
from entrypoints.http.problem_documents import problem_of
from entrypoints.wire.error_codes import HTTP_STATUSES
from tests.e2e.asgi_client import Reply, asgi_client
from tests.e2e.problems import LOCAL_PROBLEMS, PROVIDER_PROBLEMS, Row
from tests.e2e.test_problem_documents import SPECIAL
from tests.e2e.test_problems import normalized
from tests.e2e.transports import settings_for
from tests.standin import StandIn

THEIRS = {ours: theirs for theirs, ours in NAMES.items()}
ROUTES = {"generate_image": "/v1/images/generations", "edit_image": "/v1/images/edits"}
SHOWN = ("x-should-retry", "retry-after")
ACCEPTED = {"unknown option", "too many images"}
"""Rows of what is no problem here: an unknown field is ignored, and n may be 10."""
ROWS = [row for row in (*LOCAL_PROBLEMS, *PROVIDER_PROBLEMS) if row.name not in ACCEPTED]


@pytest.mark.anyio
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_client_gets_the_problem_in_the_names_of_its_own_api(
    row: Row, openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    openai_api.script(*row.faults)
    async with asgi_client(settings_for(openai_api, tmp_path, **row.settings)) as client:
        reply = await client.post(ROUTES[row.tool], sent(row))
    assert len(openai_api.posts) == row.calls
    assert normalized(told(reply), tmp_path) == snapshot


def test_every_error_has_its_status_type_and_code(snapshot: SnapshotAssertion) -> None:
    lines = []
    for kind in HTTP_STATUSES:
        status, headers, body = envelope(problem_of(SPECIAL.get(kind) or kind("Words.")))
        error = json.loads(body)["error"]
        retry = headers.get("x-should-retry", "-")
        lines.append(f"{kind.code}: {status} {error['type']} {error['code']}, retry {retry}")
    assert "\n".join(lines) == snapshot


def sent(row: Row) -> dict[str, Any]:
    """The row's arguments by OpenAI's names; a stream where a row asks for partial images."""
    body = {THEIRS.get(name, name): encoded(value) for name, value in row.arguments.items()}
    return body | ({"stream": True} if "partial_images" in body else {})


def encoded(value: Any) -> Any:  # noqa: ANN401 - tool arguments
    if isinstance(value, list):
        return [encoded(item) for item in value]
    return b64encode(value.data).decode() if isinstance(value, Image) else value


def told(reply: Reply) -> str:
    """The status, the headers about retries, and the error; of a stream, its last event."""
    headers = "".join(f"\n{name}: {reply.headers[name]}" for name in SHOWN if name in reply.headers)
    error = json.loads(reply.body.decode().strip().rpartition("\ndata: ")[2])["error"]
    members = "".join(f"\n{name}: {value}" for name, value in error.items())
    return f"{reply.status}{headers}{members}"
