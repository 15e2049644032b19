"""Conversations over HTTP: turns, the history, and clearing."""

import json
from pathlib import Path

import pytest

from tests.e2e.test_image_routes import client_of

pytestmark = pytest.mark.anyio
NAME = "Entwürfe 2"


async def test_a_conversation_is_made_shown_and_cleared(tmp_path: Path) -> None:
    async with client_of(tmp_path, token="a" * 32) as client:
        first = await client.post("/images", json={"prompt": "a zebra", "conversationId": NAME})
        assert (first.status_code, first.json()["turn"]) == (201, 1)
        body = {"prompt": "add a hat", "images": [], "conversationId": NAME, "useContext": True}
        async with client.stream("POST", "/mcp/stream", json=body) as stream:
            text = (await stream.aread()).decode()
        last = json.loads(text.strip().split("\n\n")[-1].removeprefix("data: "))
        assert (last["type"], last["data"]["result"]["turn"]) == ("complete", 2)
        assert last["data"]["result"]["conversationId"] == NAME
        shown = (await client.get("/conversations/Entw%C3%BCrfe%202")).json()
        assert [turn["action"] for turn in shown["turns"]] == ["generate", "edit"]
        assert shown["turns"][1]["context"] == [1]
        (listed,) = (await client.get("/conversations")).json()["conversations"]
        assert (listed["conversationId"], listed["turns"]) == (NAME, 2)
        cleared = await client.delete(f"/conversations/{NAME}")
        assert cleared.json() == {"conversationId": NAME, "turns": 2, "overwritten": True}
        job_id = first.json()["jobId"]
        for path in ("/conversations", "/images", "/jobs?recent=true", f"/jobs/{job_id}"):
            found = await client.get(path)
            assert (found.status_code, "zebra" in found.text) == (200, False)
        for path in (f"/conversations/{NAME}", f"/jobs/{job_id}/events"):
            assert (await client.get(path)).status_code == 404
        assert (await client.get(f"/images/{first.json()['images'][0]['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": "a hat", "images": []}, "images"),
        ({"prompt": "a hat", "images": [], "conversationId": "logo"}, "images"),
        ({"prompt": "a fox", "useContext": True}, "useContext"),
        ({"prompt": "a fox", "conversationId": "a/b"}, "conversationId"),
        (
            {"prompt": "a fox", "conversationId": "logo", "maxContextEntries": 11},
            "maxContextEntries",
        ),
    ],
)
async def test_what_makes_no_turn_is_refused(
    tmp_path: Path, body: dict[str, object], field: str
) -> None:
    async with client_of(tmp_path) as client:
        refused = await client.post("/images", json=body)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
