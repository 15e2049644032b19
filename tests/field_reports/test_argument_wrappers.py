"""Arguments in an object around them, through every door: read as they are without it."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.field_reports.argument_doors import DOORS, SQUARE, Doors, open_doors

pytestmark = pytest.mark.anyio
B64 = b64encode(SQUARE.data).decode()
GEMINI = {"inlineData": {"mimeType": "image/png", "data": B64}}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all tests of the module, which share an application."""
    return "asyncio"


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path_factory.mktemp("wrappers")) as doors:
        yield doors


SERVED: dict[str, tuple[str, dict[str, Any]]] = {
    "a new image": ("generate_image", {"input": {"prompt": "a fox", "n": ["1"]}}),
    "an edit": ("edit_image", {"kwargs": {"prompt": "winter", "images": [GEMINI], "mask": False}}),
    "JSON text": ("generate_image", {"arguments": '{"prompt": [{"type": "text", "text": "x"}]}'}),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", SERVED)
async def test_what_is_in_a_wrapper_is_served(case: str, door: str, doors: Doors) -> None:
    tool, arguments = SERVED[case]
    answer = await doors.send(door, arguments, tool)
    assert answer.succeeded, answer.text
    if tool == "edit_image":
        assert doors.edited == (SQUARE,)


REFUSED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "faults within a wrapper": (
        {"input": {"prompt": "\u200b", "quality": "hd", "sise": "auto"}},
        {"prompt", "quality", "sise"},
    ),
    "a wrapper beside a prompt": ({"prompt": "x", "options": {"size": "auto"}}, {"options"}),
    "a wrapper of a text": ({"input": "a fox"}, {"input", "prompt"}),
    "a wrapper of a list": ({"args": ["a fox"]}, {"args", "prompt"}),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_wrong_in_a_wrapper_is_told_and_nothing_is_sent(
    case: str, door: str, doors: Doors
) -> None:
    sent = len(doors.provider.requests)
    arguments, fields = REFUSED[case]
    answer = await doors.send(door, arguments)
    assert not answer.succeeded
    assert answer.fields == fields
    assert len(doors.provider.requests) == sent


@pytest.mark.parametrize("door", DOORS[:2])
async def test_an_unknown_image_is_told_with_its_argument(door: str, doors: Doors) -> None:
    arguments = {"prompt": "winter", "images": [B64, f"img_{'9' * 32}"]}
    answer = await doors.send(door, arguments, "edit_image")
    assert not answer.succeeded
    assert "images[1]" in (answer.facts.get("field", ""), *answer.fields)
