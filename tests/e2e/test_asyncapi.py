"""The AsyncAPI document: valid, and true of every message that goes over the WebSockets."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no types
from jsonschema.validators import validator_for  # type: ignore[import-untyped] # has no types

from entrypoints.http.websocket.asyncapi import asyncapi
from entrypoints.http.websocket.client_messages import read_message
from entrypoints.http.websocket.message_schemas import client_messages, server_messages
from tests.e2e.image_socket import open_socket
from tests.e2e.linked_images import TOKEN
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.npm import installed
from tests.standin import StandIn, faults
from tests.testkit.fakes import settings_in

SPECIFICATION = "asyncapi"
PACKAGE = Path(__file__).parent / SPECIFICATION


def validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    """Checks values against the payload of a message; references lead into the document."""
    payload = document["components"]["messages"][name]["payload"]
    return Draft202012Validator({**document, **payload})


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(asyncapi(settings_in(tmp_path))))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("values", [{}, {"auth_token": TOKEN, "public_url": "https://images.test"}])
def test_the_document_is_valid(values: dict[str, Any], tmp_path: Path) -> None:
    folder = installed(PACKAGE, SPECIFICATION) / "node_modules" / "@asyncapi" / "specs"
    schema = json.loads((folder / "schemas" / "3.0.0.json").read_text("utf-8"))
    kind = validator_for(schema)
    document = json.loads(json.dumps(asyncapi(settings_in(tmp_path, **values))))
    assert [error.message for error in kind(schema).iter_errors(document)] == []
    del document["channels"]["images"]["address"], document["info"]["title"]
    assert [*kind(schema).iter_errors(document)]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for each in {part.partition('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        found: Any = document
        for name in each.split("/"):
            found = found[name]
        assert found


@pytest.mark.anyio
async def test_real_messages_fit_their_schemas(
    openai_api: StandIn, tmp_path: Path, document: dict[str, Any]
) -> None:
    openai_api.script(faults.slow(0), faults.moderation_blocked())
    asked: list[dict[str, Any]] = [
        {"type": "generate", "id": "a", "arguments": {"prompt": "x", "partialImages": 2}},
        {"type": "generate", "id": "b", "arguments": {"prompt": "y"}, "idempotencyKey": "k"},
        {"type": "edit", "id": "c", "arguments": {"prompt": "x", "images": []}},
        {"type": "ping", "id": "d"},
        {"type": "watch", "id": "e", "jobId": "job_" + "0" * 32, "cursor": "1.0"},
    ]
    answers = []
    async with serve(settings_for(openai_api, tmp_path)) as url, open_socket(url) as socket:
        for message in asked:
            await socket.connection.send(json.dumps(message))
            answers += [each.header for each in await socket.until_end(message["id"])]
        await socket.connection.send("no JSON")
        answers.append((await socket.receive()).header)
        async with httpx2.AsyncClient(base_url=url) as http:
            served = (await http.get("/asyncapi.json")).json()
    assert served["channels"] == document["channels"]
    assert {each["type"] for each in answers} == server_messages().keys()
    for answer in answers:
        found = validator(document, answer["type"]).iter_errors(answer)
        assert [error.message for error in found] == [], answer
        unknown = answer.keys() - server_messages()[answer["type"]]["properties"].keys()
        assert not unknown or answer["type"] == "error", answer  # an error may have details


def test_the_schemas_of_requests_take_what_the_server_reads(document: dict[str, Any]) -> None:
    valid: dict[str, dict[str, Any]] = {
        "generate": {"arguments": {"prompt": "x"}, "idempotencyKey": "k"},
        "edit": {"arguments": {"prompt": "x", "images": ["img_" + "0" * 32]}},
        "watch": {"jobId": "job_1", "cursor": "4.0"},
        "cancel": {},
        "ping": {},
    }
    assert valid.keys() == client_messages().keys()
    for name, fields in valid.items():
        message = {"type": name, "id": "a", **fields}
        assert read_message(json.dumps(message)).id == "a"
        check = validator(document, name)
        assert [error.message for error in check.iter_errors(message)] == []
        for wrong in ({**message, "id": ""}, {**message, "type": "other"}, {**message, "x": 1}):
            assert not check.is_valid(wrong)
