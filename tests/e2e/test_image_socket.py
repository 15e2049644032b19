"""The WebSocket for images: what it answers, in which order, and what it refuses."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from domain.image import Image
from tests.e2e.image_socket import SUBPROTOCOL, ImageSocket, open_socket
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

pytestmark = pytest.mark.anyio
PROMPT = {"prompt": "a lighthouse"}


async def test_a_job_is_progress_previews_images_and_its_facts(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        assert socket.connection.subprotocol == SUBPROTOCOL
        previewed = await socket.ask("generate", arguments={**PROMPT, "partialImages": 2})
        answers = await socket.ask("generate", arguments={**PROMPT, "n": 2, "format": "jpeg"})
        link = answers[-1]["result"]["images"][0]["url"]
        async with httpx2.AsyncClient() as http:
            linked = await http.get(link)
    kinds = [answer["type"] for answer in previewed]
    assert kinds[:2] == ["progress", "progress"]
    assert set(kinds[2:-2]) == {"partial"}
    assert kinds[-2:] == ["image", "complete"]
    assert [answer["type"] for answer in answers[2:]] == ["image", "image", "complete"]
    first, second, complete = answers[-3:]
    assert [Image(each.image).digest for each in (first, second)] == [*openai_api.ledger[1].digests]
    assert {each["format"] for each in (first, second)} == {"jpeg"}
    assert [each["imageIndex"] for each in (first, second)] == [0, 1]
    assert complete["message"] == "Generated 2 image(s) successfully."
    assert [each["id"] for each in complete["result"]["images"]] == [
        first["imageId"],
        second["imageId"],
    ]
    assert linked.content == first.image
    assert {answer["jobId"] for answer in answers} == {complete["result"]["jobId"]}
    assert {answer["id"] for answer in answers} == {"a"}


async def test_an_image_is_edited_by_its_id(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        made = (await socket.ask("generate", arguments=PROMPT))[-2]
        edit = {"prompt": "make the sky green", "images": [made["imageId"]]}
        edited = (await socket.ask("edit", arguments=edit))[-2]
    assert (Image(edited.image).digest,) == openai_api.ledger[1].digests
    assert openai_api.posts[1].path.endswith("/images/edits")


async def test_many_jobs_share_a_connection_and_each_is_in_order(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    names = [f"job {number}" for number in range(8)]
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        for name in names:
            await socket.send("generate", name, arguments={"prompt": name, "partialImages": 1})
        answers = await socket.until_end(*names)
    order = [answer["id"] for answer in answers]
    assert order != sorted(order), "the answers of several jobs are mixed"
    for name in names:
        own = [answer for answer in answers if answer["id"] == name]
        assert [answer["type"] for answer in own][-2:] == ["image", "complete"]
        cursors = [tuple(map(int, answer["cursor"].split("."))) for answer in own[:-2]]
        assert cursors == sorted(cursors)
    assert len({answer.image for answer in answers if answer["type"] == "image"}) == len(names)


async def test_a_ping_is_answered_while_a_job_runs(openai_api: StandIn, tmp_path: Path) -> None:
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, shutdown_grace=0)
    async with serve(settings) as url, open_socket(url) as socket:
        await socket.send("generate", "a", arguments=PROMPT)
        await asyncio.to_thread(openai_api.wait_for_calls, 1)
        assert (await socket.ask("ping", "p"))[-1].header == {"type": "pong", "id": "p"}


INVALID = {
    "not JSON": ("{", None, "message"),
    "a list": ("[]", None, "message"),
    "no type": ('{"id": "x"}', "x", "message"),
    "an unknown type": ('{"type": "upscale", "id": "x"}', "x", "type"),
    "no ID": ('{"type": "ping"}', None, "message"),
    "a number as ID": ('{"type": "ping", "id": 7}', None, "id"),
    "a long ID": (json.dumps({"type": "ping", "id": "x" * 129}), None, "id"),
    "no arguments": ('{"type": "generate", "id": "x"}', "x", "message"),
    "an unknown argument": (
        '{"type": "generate", "id": "x", "arguments": {"prompt": "x", "sise": "auto"}}',
        "x",
        "sise",
    ),
    "an unknown member": ('{"type": "ping", "id": "x", "prompt": "x"}', "x", "message"),
    "a key with a space": (
        '{"type": "generate", "id": "x", "arguments": {"prompt": "x"}, "idempotencyKey": "a b"}',
        "x",
        "idempotencyKey",
    ),
    "a cursor that is none": (
        '{"type": "watch", "id": "x", "jobId": "job_1", "cursor": "-1"}',
        "x",
        "cursor",
    ),
    "nested too deeply": ("[" * 100_000, None, "message"),
}


@pytest.mark.parametrize("name", INVALID)
async def test_an_invalid_message_is_an_error_with_its_field_and_costs_nothing(
    name: str, openai_api: StandIn, tmp_path: Path
) -> None:
    text, id_, field = INVALID[name]
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        await socket.connection.send(text)
        error = await socket.receive()
        assert (error["type"], error["id"], error["code"]) == ("error", id_, "invalid_request")
        assert (error["field"], error["charged"]) == (field, "no"), error.header
        assert error["hint"]
        assert (await socket.ask("ping", "p"))[-1]["type"] == "pong"
    assert openai_api.posts == []


async def test_a_binary_frame_is_an_error(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        await socket.connection.send(b"\x89PNG")
        assert (await socket.receive())["field"] == "message"


async def test_an_id_in_use_does_not_end_its_operation(openai_api: StandIn, tmp_path: Path) -> None:
    openai_api.default = faults.slow(0.3)
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        await socket.send("generate", "a", arguments=PROMPT)
        await socket.send("ping", "a")
        answers = await socket.until_end("a")
    (error,) = (answer for answer in answers if answer["type"] == "error")
    assert (error["id"], error["field"]) == (None, "id")
    assert answers[-1]["type"] == "complete"


async def test_an_error_of_the_provider_has_the_fields_of_a_problem(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.script(faults.moderation_blocked(), faults.moderation_blocked())
    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        open_socket(url) as socket,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        error = (await socket.ask("generate", arguments=PROMPT))[-1]
        problem = (await http.post("/images", json=PROMPT)).json()
    assert error["code"] == problem["code"] == "content_refused"
    for member in ("type", "title", "status", "detail", "provider_status", "request_id"):
        problem.pop(member, None)
    assert problem.items() <= error.header.items()


async def test_cancel_before_the_job_is_sent_cancels_it(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=1, shutdown_grace=0)
    async with serve(settings) as url, open_socket(url) as socket:
        await socket.send("generate", "first", arguments={"prompt": "one"})
        await asyncio.to_thread(openai_api.wait_for_calls, 1)
        await socket.send("generate", "second", arguments={"prompt": "two"})
        while (await socket.receive())["id"] != "second":
            pass
        await socket.send("cancel", "second")
        canceled = (await socket.until_end("second"))[-1]
        assert (canceled["code"], canceled["charged"]) == ("canceled", "no")
        await socket.send("cancel", "first")
        detached = (await socket.until_end("first"))[-1]
        assert (detached["code"], detached["charged"]) == ("canceled", "maybe")
        async with httpx2.AsyncClient(base_url=url) as http:
            job = (await http.get(f"/jobs/{detached['jobId']}")).json()
        assert job["state"] == "dispatched"
        await socket.send("cancel", "unknown")
        assert (await socket.ask("ping", "p"))[-1]["type"] == "pong"
    assert len(openai_api.posts) == 1


async def test_messages_with_the_same_key_are_one_job(openai_api: StandIn, tmp_path: Path) -> None:
    fresh: dict[str, Any] = {"arguments": {**PROMPT, "fresh": True}, "idempotencyKey": "k-1"}
    async with serve(settings_for(openai_api, tmp_path)) as url:
        async with open_socket(url) as socket:
            first = (await socket.ask("generate", **fresh))[-1]
        async with open_socket(url) as socket:
            second = (await socket.ask("generate", **fresh))[-1]
    assert first["jobId"] == second["jobId"]
    assert len(openai_api.posts) == 1


async def test_a_message_that_is_too_large_closes_the_connection(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        await socket.send("ping", "x" * 1024 * 1024)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_connection_has_a_limit_of_operations(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.websocket.image_session.MAX_OPERATIONS", 2)
    openai_api.default = faults.hang()
    settings = settings_for(openai_api, tmp_path, shutdown_grace=0)
    async with serve(settings) as url, open_socket(url) as socket:
        for number in range(3):
            await socket.send("generate", str(number), arguments={"prompt": str(number)})
        refused = (await socket.until_end("2"))[-1]
        assert (refused["code"], refused["retry_after"]) == ("busy", 1.0)


async def test_the_rate_limit_counts_the_jobs_of_a_connection(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(settings_for(openai_api, tmp_path, rate_limit="1/hour")) as url,
        open_socket(url) as socket,
    ):
        assert (await socket.ask("generate", "a", arguments=PROMPT))[-1]["type"] == "complete"
        refused = (await socket.ask("generate", "b", arguments={"prompt": "b"}))[-1]
        assert refused["code"] == "too_many_requests"
        assert (await socket.ask("generate", "c", arguments=PROMPT))[-1]["type"] == "complete"


async def wait_for_close(socket: ImageSocket) -> int:
    """The code with which the server closes the connection."""
    async for _ in socket.connection:
        pass
    assert socket.connection.close_code is not None
    return socket.connection.close_code


async def test_an_idle_connection_is_closed(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.websocket.message_reader.IDLE_TIMEOUT", 0.2)
    openai_api.default = faults.slow(0.6)
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        answers = await socket.ask("generate", arguments=PROMPT)
        assert answers[-1]["type"] == "complete", "a connection with a job is not idle"
        assert await wait_for_close(socket) == 1000
