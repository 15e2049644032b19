"""Images as hosts and models send them: taken in every wrapping, F21 whole or as cut off."""

from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest

from domain.errors import InvalidRequest
from entrypoints.wire.image_texts import decoded
from entrypoints.wire.inputs import EditArguments
from entrypoints.wire.parsing import parse
from tests.testkit.fakes import small_image

IMAGE = small_image("teal", (9, 7))
B64 = b64encode(IMAGE.data).decode()
LARGE = b64encode(bytes(30_000)).decode()
ID, OTHER_ID, JOB_ID = f"img_{'5a' * 16}", f"img_{'c3' * 16}", f"job_{'0b' * 16}"

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
    "an image of Gemini": (
        {"images": [{"inlineData": {"mimeType": "image/png", "data": B64}}]},
        [B64],
    ),
    "an image of Vertex": ({"images": [{"bytesBase64Encoded": B64}]}, [B64]),
    "a file of OpenAI": (
        {"images": [{"type": "file", "file": {"file_data": f"data:image/png;base64,{B64}"}}]},
        [f"data:image/png;base64,{B64}"],
    ),
    "an object around the list": ({"images": {"images": [ID]}}, [ID]),
    "image_base64": ({"image_base64": B64}, [B64]),
    "a large image in quotation marks": ({"images": [f'"{LARGE}"']}, [LARGE]),
    "a large image in an object as text": ({"images": f'{{"data": "{LARGE}"}}'}, [LARGE]),
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
@pytest.mark.parametrize(
    "head",
    [
        "",
        "data:image/png;base64,",
        "DATA:;base64,",
        "data:image/png;charset=utf-8;base64,\n",
        "data:image/png;name=a,b.png;base64,",
        "image/png;base64,",
        "base64,",
    ],
)
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
