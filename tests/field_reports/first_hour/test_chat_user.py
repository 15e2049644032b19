"""The first hour of a chat user: Claude Desktop with the README's configuration."""

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KEY
from tests.e2e.host import Host, Message, text_of
from tests.field_reports.first_hour.newcomer import Newcomer, fitting
from tests.field_reports.first_hour.readme import server_config
from tests.standin import StandIn

pytestmark = pytest.mark.timeout(120)  # a few processes, each of which needs 1 s of CPU time
LIGHTHOUSE: Message = {"prompt": "a lighthouse above a quiet sea at dusk", "partialImages": 2}

NO_ARGUMENTS: Message = {}


class Chat(Host):
    """A host with the README's command, and with these variables in its `env`."""

    def __init__(self, newcomer: Newcomer, **env: str) -> None:
        super().__init__(newcomer.environment | env, command=server_config()["command"])

    def answer(
        self, tool: str, arguments: Mapping[str, Any] = NO_ARGUMENTS, token: str | None = None
    ) -> Message:
        """The response to a tool call."""
        return self.response(self.call(tool, arguments, token))


def only_image(answer: Message) -> Message:
    (image,) = answer["result"]["structuredContent"]["images"]
    assert Path(image["path"]).is_file()
    return dict(image)


def test_a_chat_gets_and_edits_images_and_is_told_what_is_wrong(
    openai_api: StandIn, tmp_path: Path
) -> None:
    newcomer = Newcomer(tmp_path, openai_api, key=False)
    with newcomer.pays(0):
        start_with_the_example_key(newcomer)
        start_without_a_key(newcomer)
    with Chat(newcomer, OPENAI_API_KEY=KEY, BUDGET_DAY_USD="0.30") as chat:
        chat.initialize()
        generate_and_edit(chat, newcomer)
        follow_the_advice_of_a_full_budget(chat, newcomer)
        delete_and_undo(chat, newcomer)
    newcomer.check_files()


def start_with_the_example_key(newcomer: Newcomer) -> None:
    with Chat(newcomer, **server_config()["env"]) as chat:
        chat.initialize()
        refused = chat.answer("generate_image", LIGHTHOUSE)
    assert refused["result"]["isError"]
    assert "OPENAI_API_KEY" in text_of(refused)
    assert "Nothing was charged" in text_of(refused)


def start_without_a_key(newcomer: Newcomer) -> None:
    with Chat(newcomer) as chat:
        chat.initialize()
        sketch = chat.answer("generate_image", LIGHTHOUSE)
    assert "Drawn offline" in text_of(sketch)
    only_image(sketch)


def generate_and_edit(chat: Chat, newcomer: Newcomer) -> None:
    with newcomer.pays(1):
        image = only_image(chat.answer("generate_image", LIGHTHOUSE, "t1"))
    notes = [each for each in chat.messages() if each.get("method") == "notifications/progress"]
    assert "Preview 2 of 2 ready." in [note["params"]["message"] for note in notes]
    assert image["id"] in text_of(chat.answer("list_images"))
    with newcomer.pays(0):
        path = str(newcomer.project / "photo.jpg")
        refused = text_of(chat.answer("edit_image", {"prompt": "make it winter", "images": [path]}))
    assert "is not opened. It is outside" in refused
    photo = b64encode((newcomer.project / "photo.jpg").read_bytes()).decode()
    with newcomer.pays(1):
        edited = chat.answer("edit_image", {"prompt": "put it there", "images": ["last", photo]})
    only_image(edited)
    assert "turned upright" in text_of(edited)


def follow_the_advice_of_a_full_budget(chat: Chat, newcomer: Newcomer) -> None:
    arguments: dict[str, Any] = {"prompt": "make the sky greener in that one", "images": ["last"]}
    with newcomer.pays(0):
        refused = chat.answer("edit_image", arguments)
    assert refused["result"]["isError"]
    with newcomer.pays(1):
        only_image(chat.answer("edit_image", arguments | fitting(text_of(refused))))


def delete_and_undo(chat: Chat, newcomer: Newcomer) -> None:
    with newcomer.pays(0):
        image = only_image(chat.answer("generate_image", LIGHTHOUSE))
        deleted = text_of(chat.answer("delete_image", {"id": image["id"]}))
        assert not Path(image["path"]).exists()
        _, _, arguments = deleted.rpartition("delete_image ")
        chat.answer("delete_image", json.loads(arguments))
        again = chat.answer("generate_image", LIGHTHOUSE)
    assert only_image(again)["id"] == image["id"]
    assert "Cost: nothing" in text_of(again)
