"""The greeter answers exactly as the SDK does, or it is silent."""

import asyncio
import json
from collections.abc import Sequence
from random import Random

import pytest

from entrypoints.mcp.greeter.conversation import Answers, Conversation
from entrypoints.mcp.greeter.recorder import record_answers
from tests.e2e.greeted_server import GreetedServer
from tests.e2e.greeter_conversations import CONVERSATIONS
from tests.e2e.greeter_messages import (
    APPS,
    INITIALIZED,
    LEGACY,
    META,
    MODERN,
    Step,
    in_order,
    modern,
    ping,
    start,
    templates,
    tools,
)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return asyncio.run(record_answers())


def check(answers: Answers, steps: Sequence[Step]) -> None:
    """Compare the answers without the greeter with those for two durations of loading."""

    async def compare() -> None:
        server = GreetedServer(answers)
        expected = in_order(await server.answers_without(steps))
        waits = any(isinstance(step, int) for step in steps)
        for loaded_after in {len(steps)} if waits else {len(steps) // 2, len(steps)}:
            assert in_order(await server.answers_with(steps, loaded_after)) == expected

    asyncio.run(compare())


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_each_conversation_has_the_answers_of_the_sdk(name: str, answers: Answers) -> None:
    check(answers, CONVERSATIONS[name])


@pytest.mark.parametrize("version", [*LEGACY, *MODERN])
def test_at_least_60_conversations_are_compared_in_each_version(version: str) -> None:
    assert sum(name.startswith(version) for name in CONVERSATIONS) >= 60


@pytest.mark.parametrize("version", LEGACY)
def test_the_first_requests_of_a_client_are_answered_from_the_recording(
    version: str, answers: Answers
) -> None:
    conversation = Conversation(answers)
    for line in (start(version), tools(), templates(), ping("x")):
        answer = conversation.answer(line)
        assert answer
        assert json.loads(answer)["id"] == json.loads(line)["id"]
    assert conversation.answer(INITIALIZED) == b""
    assert conversation.kept == [start(version), INITIALIZED]
    assert conversation.listed


@pytest.mark.parametrize("version", LEGACY)
def test_a_client_that_shows_apps_gets_its_list_from_the_recording_too(
    version: str, answers: Answers
) -> None:
    conversation = Conversation(answers)
    assert conversation.answer(start(version, capabilities={"extensions": APPS}))
    assert listed_visibilities(conversation.answer(tools())) == 3
    conversation = Conversation(answers)
    assert conversation.answer(start(version))
    assert listed_visibilities(conversation.answer(tools())) == 0


@pytest.mark.parametrize("version", MODERN)
def test_in_the_modern_era_each_request_says_whether_its_client_shows_apps(
    version: str, answers: Answers
) -> None:
    conversation = Conversation(answers)
    for capabilities, expected in (({}, 0), ({"extensions": APPS}, 3), ({}, 0)):
        request = modern(version, **{f"{META}clientCapabilities": capabilities})
        assert listed_visibilities(conversation.answer(request)) == expected


def listed_visibilities(answer: bytes | None) -> int:
    """How many tools of the list are for the viewer only."""
    assert answer
    return answer.count(b'"visibility":["app"]')


def mutations(line: bytes, random: Random, count: int) -> list[bytes]:
    """Copies of the line in which up to three bytes or pieces are changed."""
    pieces = [b'"', b"{", b"}", b",", b":", b" ", b"1", b"null", b"\\u0041", b"\xc3\xa9", b"[]"]
    changed = []
    for _ in range(count):
        data = bytearray(line)
        for _ in range(random.randint(1, 3)):
            start, length = random.randrange(len(data)), random.choice([0, 0, 1, 1, 4])
            piece = random.choice([*pieces, line[start : start + random.randint(1, 9)]])
            data[start : start + length] = piece.replace(b"\n", b"")
        changed.append(bytes(data))
    return changed


@pytest.mark.parametrize("seed", range(8))
def test_changed_requests_are_answered_as_by_the_sdk_or_not_at_all(
    seed: int, answers: Answers
) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    version, client = random.choice(LEGACY), {"name": "client", "version": "1", "title": "t"}
    known = []
    first = start(version, clientInfo=client, capabilities={"roots": {"listChanged": True}})
    for lines in ([], [start(version)]):
        request = tools(params={"_meta": {"progressToken": 1}}) if lines else first
        for line in [*mutations(request, random, 400), *mutations(ping("ab"), random, 400)]:
            conversation = Conversation(answers)
            if all(conversation.answer(each) for each in lines) and conversation.answer(line):
                known.append([*lines, line, ping(99)])
    assert len(known) >= 4
    for steps in random.sample(known, min(len(known), 12)):
        check(answers, steps)
