"""What hosts, models and people send as arguments: taken where the meaning is certain.

F01, F21, F33 and F38 are public reports; "told" are values that models were seen to send.
"""

from base64 import b64encode
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import Background, GenerateRequest, Quality
from entrypoints.mcp.tools.delete_image import DeleteArguments
from entrypoints.mcp.tools.get_image import GetArguments
from entrypoints.mcp.tools.list_images import ListArguments
from entrypoints.wire.inputs import GenerateArguments, NoArguments
from entrypoints.wire.parsing import has_images, parse
from tests.testkit.fakes import small_image

IMAGE = small_image("teal", (9, 7))
B64 = b64encode(IMAGE.data).decode()
ID, OTHER_ID, JOB_ID = f"img_{'5a' * 16}", f"img_{'c3' * 16}", f"job_{'0b' * 16}"
LARGE = b64encode(bytes(30_000)).decode()
WIDE = Dimensions(1536, 1024)
N8N = {
    "toolCallId": "call_1",
    "sessionId": "s1",
    "action": "sendMessage",
    "chatInput": "draw a fox",
}

GENERATE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "F01 n8n": (N8N, {}),
    "F01 Cline": ({"task_progress": "- [x] plan"}, {}),
    "F01 Gemini CLI": ({"wait_for_previous": True}, {}),
    "F01 Antigravity": ({"waitForPreviousTools": True, "toolSummary": "a fox"}, {}),
    "F01 CrewAI": ({"security_context": {"agent_fingerprint": {}}}, {}),
    "F01 names with an underscore": ({"_meta": {"a": 1}, "__arg1": ""}, {}),
    "told: null anywhere": (dict.fromkeys(("n", "size", "model", "mask", "images", "seed")), {}),
    "told: empty texts": (
        dict.fromkeys(("n", "size", "quality", "partialImages", "stream", "model"), ""),
        {},
    ),
    "null words": (
        {"n": "null", "size": "undefined", "model": "None", "quality": "none", "format": "N/A"},
        {},
    ),
    "the word default": (
        {"size": "default", "quality": "Default", "output_compression": "nil"},
        {},
    ),
    "Python's None": ({"background": "None", "output_compression": "None", "stream": "None"}, {}),
    "told: n as a text": ({"n": "2"}, {"n": 2}),
    "told: n with a fraction of 0": ({"n": 2.0}, {"n": 2}),
    "n as a text with a fraction of 0": ({"n": " 2.0 "}, {"n": 2}),
    "compression of 0": ({"output_compression": "0"}, {"output_compression": 0}),
    "told: no partials": ({"partialImages": 0}, {}),
    "partials that are off": ({"partialImages": False}, {}),
    "partials that are off, as a text": ({"partial_images": "false"}, {}),
    "told: jpg": ({"format": "jpg"}, {"format": ImageFormat.JPEG}),
    "told: JPEG": ({"format": "JPEG"}, {"format": ImageFormat.JPEG}),
    "the media type of AVIF": ({"format": "image/avif"}, {"format": ImageFormat.AVIF}),
    "a media type": ({"format": "image/jpeg"}, {"format": ImageFormat.JPEG}),
    "a file extension": ({"format": ".webp"}, {"format": ImageFormat.WEBP}),
    "told: High": ({"quality": "High"}, {"quality": Quality.HIGH}),
    "a quality with a hyphen": ({"quality": " x-high "}, {"quality": Quality.XHIGH}),
    "told: 1536X1024": ({"size": "1536X1024"}, {"size": WIDE}),
    "told: blanks in a size": ({"size": " 1536 x 1024 "}, {"size": WIDE}),
    "a multiplication sign": ({"size": "1536×1024"}, {"size": WIDE}),
    "an asterisk": ({"size": "1536*1024"}, {"size": WIDE}),
    "pixels": ({"size": "1536x1024px"}, {"size": WIDE}),
    "a pair": ({"size": [1536, 1024]}, {"size": WIDE}),
    "an object": ({"size": {"width": 1536, "height": "1024"}}, {"size": WIDE}),
    "width and height": ({"width": 1536, "height": 1024}, {"size": WIDE}),
    "Auto": ({"size": "Auto"}, {"size": None}),
    "told: output_format": ({"output_format": "webp"}, {"format": ImageFormat.WEBP}),
    "told: outputFormat": ({"outputFormat": "webp"}, {"format": ImageFormat.WEBP}),
    "camel case": ({"outputCompression": 7}, {"output_compression": 7}),
    "kebab case": ({"output-compression": 7}, {"output_compression": 7}),
    "capitals": ({"Background": "Opaque"}, {"background": Background.OPAQUE}),
    "two spellings of one value": (
        {"format": "png", "output_format": "PNG", "outputFormat": None},
        {},
    ),
    "yes": ({"stream": "yes", "fresh": "False"}, {}),
    "n in words": ({"n": "Two"}, {"n": 2}),
    "n with a unit": ({"n": "2 images"}, {"n": 2}),
    "n of another service": ({"num_outputs": 2}, {"n": 2}),
    "a percentage": ({"output_compression": "80 %"}, {"output_compression": 80}),
    "a list of one": (
        {"n": [2], "quality": ["high"], "size": ["1536x1024"]},
        {"n": 2, "quality": Quality.HIGH, "size": WIDE},
    ),
    "an object with the value alone": (
        {"n": {"value": "2"}, "quality": {"type": "string", "value": "high"}},
        {"n": 2, "quality": Quality.HIGH},
    ),
    "quotation marks": (
        {"size": "'1536x1024'", "quality": '"high"', "stream": "'true'", "n": "`2`"},
        {"size": WIDE, "quality": Quality.HIGH, "n": 2},
    ),
    "characters of no width": ({"size": "\u200b1536x1024\ufeff"}, {"size": WIDE}),
    "letters of full width": ({"quality": "ｈｉｇｈ"}, {"quality": Quality.HIGH}),
    "a Cyrillic x": ({"size": "1536\u04451024"}, {"size": WIDE}),
    "sides with a fraction of 0": ({"size": "1536.0x1024.0."}, {"size": WIDE}),
    "an object with short names": ({"size": {"w": 1536, "h": 1024}}, {"size": WIDE}),
    "enabled": ({"stream": "enabled", "fresh": "disabled"}, {}),
    "empty lists and objects": (
        {"size": {}, "model": [], "kwargs": {}, "args": [], "metadata": [], "config": {}},
        {},
    ),
    "an empty foreign option": ({"negative_prompt": "", "style": " ", "seed": "none"}, {}),
}


@pytest.mark.parametrize("case", GENERATE)
def test_what_is_certain_is_taken(case: str) -> None:
    given, meant = GENERATE[case]
    arguments = parse(GenerateArguments, {"prompt": "a fox", **given})
    assert arguments.to_request() == GenerateRequest(**{"prompt": "a fox", **meant})


WRAPPED: dict[str, dict[str, Any]] = {
    "input": {"input": {"prompt": "a fox", "n": "2"}},
    "kwargs": {"kwargs": {"prompt": "a fox", "n": 2}},
    "arguments beside what n8n adds": {"arguments": {"prompt": "a fox", "n": 2}, **N8N},
    "a wrapper in a wrapper": {"params": {"arguments": {"prompt": "a fox", "n": 2}}},
    "an object as JSON text": {"input": '{"prompt": "a fox", "n": 2}'},
    "a part of a message": {"prompt": [{"type": "text", "text": "a fox"}], "n": 2},
    "a list of one": {"prompt": ["a fox"], "n": 2},
}


@pytest.mark.parametrize("case", WRAPPED)
def test_a_wrapper_with_all_arguments_is_taken_off(case: str) -> None:
    arguments = parse(GenerateArguments, WRAPPED[case])
    assert arguments.to_request() == GenerateRequest(prompt="a fox", n=2)


@pytest.mark.parametrize("wrapper", ["input", "options", "kwargs"])
def test_an_object_beside_other_arguments_is_refused_with_what_to_do(wrapper: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", wrapper: {"size": "1536x1024"}})
    [fault] = raised.value.faults
    assert (fault.field, fault.hint) == (wrapper, "Send what is in it as arguments of their own.")


def test_images_within_a_wrapper_make_it_an_edit() -> None:
    assert has_images({"input": {"prompt": "winter", "image": ID}})
    assert not has_images({"input": {"prompt": "winter", "images": None}})


@pytest.mark.parametrize(
    "prompt", ["", "\u00a0\n", "\u200b\u2060\ufeff", "\u00ad", "\u2800\u3164", "\x00\x07", [""]]
)
def test_a_prompt_of_nothing_that_can_be_seen_is_empty(prompt: object) -> None:
    with pytest.raises(InvalidRequest, match="must not be empty"):
        parse(GenerateArguments, {"prompt": prompt})


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "on", "1", 1, 1.0])
def test_what_stands_for_true(value: object) -> None:
    assert parse(GenerateArguments, {"prompt": "a fox", "fresh": value}).fresh is True


@pytest.mark.parametrize("name", ["text", "description", "Prompt", "PROMPT", "image_prompt"])
def test_other_names_of_the_prompt_are_taken(name: str) -> None:
    assert parse(GenerateArguments, {name: "a fox"}).prompt == "a fox"


@pytest.mark.parametrize("prompt", ["none", "null", "N/A", " a fox ", "default", "\ufeffa fox"])
def test_a_prompt_is_never_changed(prompt: str) -> None:
    assert parse(GenerateArguments, {"prompt": prompt}).prompt == prompt


OTHER_TOOLS: list[tuple[type[Any], dict[str, Any], dict[str, Any]]] = [
    (ListArguments, N8N, {"limit": 20}),
    (ListArguments, {"limit": "5", "random_string": "x"}, {"limit": 5}),
    (ListArguments, {"count": 7.0}, {"limit": 7}),
    (ListArguments, {"n": "3"}, {"limit": 3}),
    (GetArguments, {"image_id": ID}, {"id": ID}),
    (GetArguments, {"jobId": f"`{JOB_ID}`", "toolCallId": "x"}, {"id": JOB_ID}),
    (
        GetArguments,
        {"id": f"/images/{ID}.png", "output_format": "jpg"},
        {"id": ID, "format": "jpeg"},
    ),
    (DeleteArguments, {"image": f"'{ID}'"}, {"id": ID}),
    (DeleteArguments, {"id": [ID]}, {"id": ID}),
    (DeleteArguments, {"id": {"id": ID}}, {"id": ID}),
    (DeleteArguments, {"images": [ID]}, {"id": ID}),
    (GetArguments, {"input": {"job": JOB_ID}}, {"id": JOB_ID}),
    (GetArguments, {"path": f"/art/{ID}.png"}, {"id": ID}),
    (ListArguments, {"arguments": {"limit": "5"}}, {"limit": 5}),
    (NoArguments, {"random_string": "x"}, {}),
    (NoArguments, {"anything": {"at": ["all"]}, "force": True}, {}),
    (NoArguments, N8N, {}),
]


@pytest.mark.parametrize(("kind", "given", "meant"), OTHER_TOOLS, ids=str)
def test_every_tool_takes_what_is_certain(
    kind: type[Any], given: dict[str, Any], meant: dict[str, Any]
) -> None:
    assert parse(kind, given) == kind(**meant)
