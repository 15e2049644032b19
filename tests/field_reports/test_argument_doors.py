"""Arguments through every door: the same reading, one answer, and nothing is sent in vain."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidRequest, NotFound
from domain.image import Image
from domain.jobs import LOCAL
from entrypoints.jobs.image_references import find_image_id
from tests.field_reports.argument_doors import DOORS, SQUARE, Doors, open_doors
from tests.testkit.fakes import mask, small_image

pytestmark = pytest.mark.anyio
N8N = {
    "toolCallId": "call_1",
    "sessionId": "s1",
    "action": "sendMessage",
    "chatInput": "draw a fox",
}
JSON = {"Content-Type": "application/json"}
BOM = b"\xef\xbb\xbf"
UNKNOWN = f"img_{'0' * 32}"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all tests of the module, which share an application."""
    return "asyncio"


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path_factory.mktemp("doors")) as doors:
        yield doors


async def test_every_spelling_has_the_cache_entry_of_the_plain_one(tmp_path: Path) -> None:
    plain = {"prompt": "a fox", "format": "jpeg", "n": 1}
    spelled = {
        **N8N,
        "text": "a fox",
        "outputFormat": "JPG",
        "n": "1.0",
        "size": " 1024 X 1024 ",
        "model": "",
    }
    async with open_doors(tmp_path, small_image("teal", (1024, 1024), "JPEG")) as doors:
        for door in DOORS:
            for arguments in (plain, spelled):
                assert (await doors.send(door, arguments)).succeeded, (door, arguments)
        assert len(doors.provider.requests) == 1


@pytest.mark.parametrize("door", DOORS)
async def test_all_faults_are_in_one_answer_and_nothing_is_sent(door: str, doors: Doors) -> None:
    sent = len(doors.provider.requests)
    wrong = {
        "quality": "hd",
        "size": "huge",
        "n": 9,
        "style": "vivid",
        "images": ["~/cat.png", UNKNOWN, "not base64!", 5],
        "mask": "the sky",
    }
    answer = await doors.send(door, {"prompt": " ", **wrong}, "edit_image")
    assert not answer.succeeded
    images = {f"images[{at}]" for at in range(4)}
    assert answer.fields == {"prompt", "quality", "size", "n", "style", "mask", *images}
    assert len(doors.provider.requests) == sent


@pytest.mark.parametrize("door", DOORS)
async def test_options_that_contradict_each_other_are_told_with_the_rest(
    door: str, doors: Doors
) -> None:
    wrong = {"prompt": "a fox", "format": "jpg", "background": "Transparent", "seed": 7}
    assert (await doors.send(door, wrong)).fields == {"format", "seed"}


async def test_all_options_that_the_model_lacks_are_told(doors: Doors) -> None:
    sent = len(doors.provider.requests)
    arguments = {"prompt": "a fox", "model": "GPT-Image-1.5", "size": "1792x1024", "quality": "max"}
    more = {"n": 2, "partialImages": 1}
    answer = await doors.call("generate_image", {**arguments, **more})
    assert answer.fields == {"partialImages", "quality"}, "the size became the nearest"
    assert "[Error unsupported_by_model" in answer.text
    assert len(doors.provider.requests) == sent


@pytest.mark.parametrize("absent", [None, "", "null"])
async def test_a_body_without_images_is_for_new_images(absent: object, doors: Doors) -> None:
    assert (await doors.send("/images", {"prompt": "a fox", "images": absent})).succeeded
    empty = await doors.send("/images", {"prompt": "a fox", "images": []})
    assert empty.fields == {"images"}


NAMES: dict[str, str] = {
    "told: an ID": "{id}",
    "told: the path that we printed": "{path}",
    "the file's name": "{path.name}",
    "told: a link": "https://images.example/images/{id}/thumb",
    "told: the job": "{job}",
    "told: last": "last",
    "the newest": " Latest ",
    "the beginning of the ID": "{id:.12}",
    "Markdown with a path": "![a red bridge]({path})",
    "an object of ours": '{{"id": "{id}", "path": "{path}"}}',
}


@pytest.mark.parametrize("case", NAMES)
@pytest.mark.parametrize("door", DOORS[:2])
async def test_a_stored_image_is_found_by_what_we_printed(
    case: str, door: str, doors: Doors
) -> None:
    image = await doors.new_image()
    facts = {**image, "path": Path(image["path"])}
    arguments = {"prompt": f"winter: {case} {door}", "image": NAMES[case].format(**facts)}
    answer = await doors.send(door, arguments, "edit_image")
    assert answer.succeeded, answer.text
    assert doors.edited == (SQUARE,)


async def test_a_path_is_never_opened(doors: Doors, tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(SQUARE.data)
    await doors.new_image("a fox at night")
    sent = len(doors.provider.requests)
    for name in (str(file), f"file://{file}", "the fox image", "fox", "http://x.example/y.png"):
        answer = await doors.call("edit_image", {"prompt": "x", "images": [name]})
        assert not answer.succeeded
        assert "(a fox at night)" in answer.text, name
        assert answer.fields == {"images[0]"}
    assert len(doors.provider.requests) == sent


async def test_a_job_of_several_images_names_them(tmp_path: Path) -> None:
    async with open_doors(tmp_path, SQUARE, small_image("red", (1024, 1024))) as doors:
        facts = (await doors.call("generate_image", {"prompt": "foxes", "n": 2})).facts
        answer = await doors.call("edit_image", {"prompt": "x", "images": facts["jobId"]})
        assert not answer.succeeded
        assert all(image["id"] in answer.text for image in facts["images"])


async def test_get_image_and_delete_image_take_the_names_too(tmp_path: Path) -> None:
    async with open_doors(tmp_path) as doors:
        image = await doors.new_image()
        doors.provider.images = (small_image("red", (1024, 1024)),)
        newest = await doors.new_image()
        assert (await doors.call("get_image", {"id": "last"})).facts["images"][0]["id"] == newest[
            "id"
        ]
        for name in (image["path"], f'"{image["id"]}"', image["job"]):
            got = await doors.call("get_image", {"image_id": name, **N8N})
            assert got.facts["images"][0]["id"] == image["id"], name
        refused = await doors.call("delete_image", {"id": "last"})
        assert not refused.succeeded
        assert newest["id"] in refused.text
        assert (await doors.call("delete_image", {"id": image["path"]})).succeeded
        assert not (await doors.call("get_image", {"id": image["id"]})).succeeded


async def test_another_owner_does_not_find_the_image(doors: Doors) -> None:
    image = await doors.new_image()
    container = doors.http.container
    found = await find_image_id(image["path"], container, LOCAL)
    assert found == image["id"]
    with pytest.raises(NotFound):
        await find_image_id(image["job"], container, "another")
    for name in ("last", Path(image["path"]).name[5:], image["id"][:20]):
        with pytest.raises(InvalidRequest, match=r"not the ID of an image|no image yet"):
            await find_image_id(name, container, "another")


def encoded(image: Image, spelling: str) -> object:
    data = image.data
    return {
        "F21 without =": b64encode(data).decode().rstrip("="),
        "F21 of the URL kind": urlsafe_b64encode(data).decode(),
        "F21 an object": {"type": "image", "data": b64encode(data).decode()},
        "F21 in a data: URL": "data:;base64," + urlsafe_b64encode(data).decode().rstrip("="),
    }[spelling]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "spelling", ["F21 without =", "F21 of the URL kind", "F21 an object", "F21 in a data: URL"]
)
async def test_image_and_mask_arrive_whole(spelling: str, door: str, doors: Doors) -> None:
    size = (65, 43)
    image, hole = small_image("orange", size), mask(size)
    arguments = {
        "prompt": f"winter: {spelling} {door}",
        "images": [encoded(image, spelling)],
        "mask": encoded(hole, spelling),
    }
    answer = await doors.send(door, arguments, "edit_image")
    assert answer.succeeded, answer.text
    assert doors.edited == (image,)


async def test_f21_base64_that_was_cut_is_refused_as_cut_off(doors: Doors) -> None:
    sent = len(doors.provider.requests)
    text = b64encode(SQUARE.data).decode().rstrip("=")
    cut = text[: len(text) // 4 * 4 - 3]
    answer = await doors.call("edit_image", {"prompt": "x", "images": [cut]})
    assert "images[0] is cut off" in answer.text
    assert len(doors.provider.requests) == sent


@pytest.mark.parametrize("path", DOORS[1:])
async def test_f33_a_byte_order_mark_before_a_body_is_taken(path: str, doors: Doors) -> None:
    body = BOM + b'{"prompt": "a fox"}'
    reply = await doors.http.request("POST", path, JSON, body)
    assert reply.status in (200, 201), reply.body


@pytest.mark.parametrize("path", DOORS[1:])
async def test_an_empty_array_is_an_empty_body(path: str, doors: Doors) -> None:
    assert (await doors.send(path, [])).fields == {"prompt"}


MESSAGES: dict[str, tuple[bytes, Any]] = {
    "F33 a byte order mark": (BOM + b'{"jsonrpc":"2.0","id":5,"method":"ping"}', {}),
    "params: []": (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":[ ]}', {}),
    "F33 and params: []": (
        b"  " + BOM + b'{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}',
        {},
    ),
}


async def mcp_post(doors: Doors, body: bytes) -> Any:  # noqa: ANN401 - a JSON-RPC message
    headers = {
        **JSON,
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-11-25",
    }
    start = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    opened = await doors.http.request("POST", "/mcp", headers, BOM + json.dumps(start).encode())
    headers["MCP-Session-Id"] = opened.headers["mcp-session-id"]
    reply = await doors.http.request("POST", "/mcp", headers, body)
    return json.loads(reply.body[reply.body.index(b"{") :].partition(b"\r\n")[0])


@pytest.mark.parametrize("case", MESSAGES)
async def test_messages_of_other_forms_are_answered_over_http(case: str, doors: Doors) -> None:
    body, result = MESSAGES[case]
    assert (await mcp_post(doors, body))["result"] == result


CALL_ARGUMENTS = {
    "an empty array": ("[]", "list_images", True),
    "an empty text": ('""', "cache_stats", True),
    "JSON as text": (json.dumps('{"limit": "3"}'), "list_images", True),
    "null": ("null", "list_images", True),
    "an empty array without the prompt": ("[]", "generate_image", False),
}


@pytest.mark.parametrize("case", CALL_ARGUMENTS)
async def test_arguments_of_other_forms_are_answered_over_http(case: str, doors: Doors) -> None:
    text, tool, succeeds = CALL_ARGUMENTS[case]
    body = (
        '{"jsonrpc":"2.0","id":5,"method":"tools/call",'
        f'"params":{{"name":"{tool}","arguments":{text}}}}}'
    )
    result = (await mcp_post(doors, body.encode()))["result"]
    assert result.get("isError", False) is not succeeds, result


@pytest.mark.parametrize(
    "batch", [b"[]", BOM + b"[]", b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]']
)
async def test_f38_a_batch_is_refused_over_http(batch: bytes, doors: Doors) -> None:
    answer = await mcp_post(doors, batch)
    assert (answer["error"]["code"], answer["id"]) == (-32600, None)
    assert "one message at a time" in answer["error"]["message"]
