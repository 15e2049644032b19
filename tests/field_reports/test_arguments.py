"""What hosts, models and people send as arguments: taken where the meaning is certain.

F01, F21, F33 and F38 are public reports; "told" are values that models were seen to send.
"""

from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import Background, GenerateRequest, Quality
from entrypoints.mcp.tools.delete_image import DeleteArguments
from entrypoints.mcp.tools.get_image import GetArguments
from entrypoints.mcp.tools.list_images import ListArguments
from entrypoints.wire.image_texts import decoded
from entrypoints.wire.inputs import EditArguments, GenerateArguments, NoArguments
from entrypoints.wire.parsing import parse
from tests.testkit.fakes import small_image

IMAGE = small_image("teal", (9, 7))
B64 = b64encode(IMAGE.data).decode()
ID, OTHER_ID, JOB_ID = f"img_{'5a' * 16}", f"img_{'c3' * 16}", f"job_{'0b' * 16}"
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
    "an empty foreign option": ({"negative_prompt": "", "style": " ", "seed": "none"}, {}),
}


@pytest.mark.parametrize("case", GENERATE)
def test_what_is_certain_is_taken(case: str) -> None:
    given, meant = GENERATE[case]
    arguments = parse(GenerateArguments, {"prompt": "a fox", **given})
    assert arguments.to_request() == GenerateRequest(**{"prompt": "a fox", **meant})


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "on", "1", 1, 1.0])
def test_what_stands_for_true(value: object) -> None:
    assert parse(GenerateArguments, {"prompt": "a fox", "fresh": value}).fresh is True


@pytest.mark.parametrize("name", ["text", "description", "Prompt", "PROMPT", "image_prompt"])
def test_other_names_of_the_prompt_are_taken(name: str) -> None:
    assert parse(GenerateArguments, {name: "a fox"}).prompt == "a fox"


@pytest.mark.parametrize("prompt", ["none", "null", "N/A", " a fox ", "default", "\ufeffa fox"])
def test_a_prompt_is_never_changed(prompt: str) -> None:
    assert parse(GenerateArguments, {"prompt": prompt}).prompt == prompt


IMAGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "told: a text for a list": ({"images": ID}, [ID]),
    "told: a list as JSON text": ({"images": f'["{ID}", "{OTHER_ID}"]'}, [ID, OTHER_ID]),
    "a list as Python prints it": ({"images": f"['{ID}', '{OTHER_ID}']"}, [ID, OTHER_ID]),
    "IDs in a row": ({"images": f"{ID}, {OTHER_ID}"}, [ID, OTHER_ID]),
    "told: image": ({"image": ID}, [ID]),
    "told: image_url": (
        {"image_url": f"data:image/png;base64,{B64}"},
        [f"data:image/png;base64,{B64}"],
    ),
    "image_ids": ({"imageIds": [ID, OTHER_ID]}, [ID, OTHER_ID]),
    "F21 an image of MCP": (
        {"images": [{"type": "image", "data": B64, "mimeType": "image/png"}]},
        [B64],
    ),
    "F21 an image of OpenAI": (
        {"images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}]},
        [f"data:image/png;base64,{B64}"],
    ),
    "F21 an input image of OpenAI": (
        {"images": [{"type": "input_image", "image_url": f"data:image/png;base64,{B64}"}]},
        [f"data:image/png;base64,{B64}"],
    ),
    "an image of Anthropic": (
        {"images": {"type": "image", "source": {"type": "base64", "data": B64}}},
        [B64],
    ),
    "a resource of MCP": ({"images": {"type": "resource", "resource": {"blob": B64}}}, [B64]),
    "an object with an ID": ({"images": [{"id": ID, "format": "png"}]}, [ID]),
    "an object as JSON text": ({"images": f'{{"id": "{ID}"}}'}, [ID]),
    "quotation marks": ({"images": [f'"{ID}"', f"`{OTHER_ID}`"]}, [ID, OTHER_ID]),
    "Markdown": ({"images": [f"![a fox]({ID})", f"[fox](<{OTHER_ID}>)"]}, [ID, OTHER_ID]),
    "capitals": ({"images": [ID.upper()]}, [ID]),
    "told: a path that we printed": ({"images": [f"/images/2026/{ID}.png"]}, [ID]),
    "a path of Windows": ({"images": [rf"C:\images\{ID}.png"]}, [ID]),
    "told: a link that we printed": (
        {"images": [f"http://127.0.0.1:3000/images/{ID}/preview?format=png"]},
        [ID],
    ),
    "a path without a host": ({"images": [f"/images/{ID}"]}, [ID]),
    "told: a job": ({"images": [JOB_ID]}, [JOB_ID]),
    "told: last": ({"images": "last"}, ["last"]),
}


@pytest.mark.parametrize("case", IMAGES)
def test_images_are_taken_in_every_wrapping(case: str) -> None:
    given, meant = IMAGES[case]
    assert parse(EditArguments, {"prompt": "winter", **given}).images == meant


@pytest.mark.parametrize("name", ["mask", "mask_image", "maskUrl"])
def test_a_mask_is_taken_in_every_wrapping(name: str) -> None:
    arguments = {"prompt": "winter", "images": [ID], name: {"type": "image", "data": B64}}
    assert parse(EditArguments, arguments).mask == B64


UNEVEN = [IMAGE.data + bytes(extra) for extra in range(3)]
URLSAFE = bytes([0xFB, 0xFF, 0xBF]) * 40


@pytest.mark.parametrize(
    "data", [*UNEVEN, URLSAFE, URLSAFE + b"x"], ids=lambda data: str(len(data))
)
@pytest.mark.parametrize("head", ["", "data:image/png;base64,", "DATA:;base64,"])
def test_base64_needs_no_padding_and_may_be_of_the_url_kind(data: bytes, head: str) -> None:
    standard, urls = b64encode(data).decode(), urlsafe_b64encode(data).decode()
    in_lines = "\r\n".join(standard[at : at + 76] for at in range(0, len(standard), 76))
    for text in (standard, urls, standard.rstrip("="), urls.rstrip("="), in_lines, standard + "="):
        assert decoded(head + text, "mask") == data
    assert decoded(head + standard.replace("+", "%2B").replace("=", "%3D"), "mask") == data


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_base64_of_an_impossible_length_is_cut_off(head: str) -> None:
    whole = b64encode(URLSAFE).decode()
    with pytest.raises(InvalidRequest, match="is cut off"):
        decoded(head + whole[:-3], "images[0]")


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
    (NoArguments, {"random_string": "x"}, {}),
    (NoArguments, {"anything": {"at": ["all"]}, "force": True}, {}),
    (NoArguments, N8N, {}),
]


@pytest.mark.parametrize(("kind", "given", "meant"), OTHER_TOOLS, ids=str)
def test_every_tool_takes_what_is_certain(
    kind: type[Any], given: dict[str, Any], meant: dict[str, Any]
) -> None:
    assert parse(kind, given) == kind(**meant)


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "F01 a slip": ({"sise": "auto", **N8N}, "sise", "Did you mean size?"),
    "a slip with null in other names": ({"qualty": "high"}, "qualty", "Did you mean quality?"),
    "told: quality hd": ({"quality": "hd"}, "quality", "Did you mean high?"),
    "told: quality standard": ({"quality": "standard"}, "quality", "Did you mean medium?"),
    "a misspelt quality": ({"quality": "hihg"}, "quality", "Did you mean high?"),
    "told: size 16:9": ({"size": "16:9"}, "size", "Did you mean 1536x1024?"),
    "told: size landscape": ({"size": "Landscape"}, "size", "Did you mean 1536x1024?"),
    "size portrait": ({"size": "portrait"}, "size", "Did you mean 1024x1536?"),
    "size 9:16": ({"size": "9 / 16"}, "size", "Did you mean 1024x1536?"),
    "one side": ({"size": 1024}, "size", "Did you mean 1024x1024?"),
    "format gif": ({"format": "gif"}, "format", "Use one of: auto, jpeg, png, webp."),
    "background none": ({"background": "none"}, "background", "Did you mean transparent?"),
    "moderation none": ({"moderation": "none"}, "moderation", "Use one of: auto, low."),
    "compression none": ({"output_compression": "none"}, "output_compression", "0 to 100"),
    "too many": ({"n": "9"}, "n", "Did you mean 4?"),
    "none at all": ({"n": 0}, "n", "Did you mean 1?"),
    "half an image": ({"n": 1.5}, "n", "Number of images, 1 to 4."),
    "a truth value for a number": ({"n": True}, "n", "Number of images, 1 to 4."),
    "too many partials": ({"partialImages": 12}, "partialImages", "Did you mean 3?"),
    "maybe": ({"fresh": "maybe"}, "fresh", "Generate a new image"),
    "two spellings, two values": (
        {"format": "png", "output_format": "webp"},
        "format",
        "Send format only.",
    ),
    "told: style": ({"style": "vivid"}, "style", "Describe the style in the prompt."),
    "told: seed": ({"seed": 7}, "seed", "Remove it"),
    "told: response_format": ({"response_format": "b64_json"}, "response_format", "Remove it"),
    "told: negative_prompt": ({"negative_prompt": "red"}, "negative_prompt", "Say in the prompt"),
    "told: user": ({"user": "u1"}, "user", "Remove it"),
    "told: steps": ({"steps": 30}, "steps", "Remove it"),
    "told: guidance": ({"guidance": 7.5}, "guidance", "Remove it"),
    "told: input_fidelity": ({"input_fidelity": "high"}, "input_fidelity", "Remove it"),
    "an aspect ratio": ({"aspect_ratio": "16:9"}, "aspect_ratio", "Use size 1536x1024."),
    "images of an edit": ({"images": [ID]}, "images", "call edit_image"),
    "width alone": ({"width": 1024}, "width", "Use size, as WIDTHxHEIGHT."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_certain_is_refused_with_the_nearest_valid_value(case: str) -> None:
    given, field, hint = REFUSED[case]
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", **given})
    [fault] = raised.value.faults
    assert (fault.field, raised.value.field) == (field, field)
    assert hint in fault.hint


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {name: (given, field) for name, (given, field, _) in REFUSED.items()}
    together = ("told: quality hd", "told: style", "told: seed", "told: size 16:9", "too many")
    given = {name: value for case in together for name, value in wrong[case][0].items()}
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, given)
    fields = {fault.field for fault in raised.value.faults}
    assert fields == {"prompt", *(wrong[case][1] for case in together)}


def test_very_many_faults_are_cut() -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", **{f"x{at}": at for at in range(5_000)}})
    assert len(raised.value.faults) == 20
