"""Every option of both tools is sent to the provider as its API specifies."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from domain.image import Image
from domain.image_layouts import read_layout
from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import StandIn
from tests.testkit.fakes import mask, small_image

pytestmark = pytest.mark.anyio
TOOLS = ["generate_image", "edit_image"]
DEFAULTS: dict[str, Any] = {
    "prompt": "a red bridge",
    "model": "gpt-image-2.6-flare",
    "size": "1024x1024",
    "quality": "auto",
    "background": "auto",
    "output_format": "png",
    "moderation": "auto",
    "n": 1,
}
IMAGE = b64encode(small_image("teal", (64, 64)).data).decode()

OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"prompt": "été ☀ 夏"}, {"prompt": "été ☀ 夏"}),
    ({"size": "1536x1024"}, {"size": "1536x1024"}),
    ({"size": "1024x1536"}, {"size": "1024x1536"}),
    ({"size": "auto"}, {"size": "auto"}),
    ({"size": "1280x720"}, {"size": "1280x720"}),
    *[
        ({"quality": quality}, {"quality": quality})
        for quality in ("low", "medium", "high", "xhigh", "max", "auto")
    ],
    ({"format": "jpeg"}, {"output_format": "jpeg", "output_compression": 85}),
    ({"format": "webp"}, {"output_format": "webp", "output_compression": 85}),
    *[
        (
            {"format": "jpeg", "quality": quality},
            {"output_format": "jpeg", "quality": quality, "output_compression": number},
        )
        for quality, number in [("low", 60), ("medium", 80), ("high", 95), ("auto", 85)]
    ],
    (
        {"format": "webp", "output_compression": 0},
        {"output_format": "webp", "output_compression": 0},
    ),
    (
        {"format": "jpeg", "quality": "low", "output_compression": 100},
        {"output_format": "jpeg", "quality": "low", "output_compression": 100},
    ),
    ({"output_compression": 50}, {}),
    ({"background": "opaque"}, {"background": "opaque"}),
    ({"background": "transparent"}, {"background": "transparent"}),
    ({"moderation": "low"}, {"moderation": "low"}),
    ({"n": 4}, {"n": 4}),
    ({"partialImages": 2}, {"partial_images": 2, "stream": True}),
    ({"partialImages": 3, "stream": True}, {"partial_images": 3, "stream": True}),
    ({"stream": True}, {}),
    ({"fresh": True}, {}),
    ({"model": "gpt-image-2.6-sunburst"}, {"model": "gpt-image-2.6-sunburst"}),
    ({"model": "gpt-image-2-2026-04-21"}, {"model": "gpt-image-2-2026-04-21"}),
    ({"model": "gpt-image-1"}, {"model": "gpt-image-2.6-flare"}),
    ({"n": None, "size": None, "mask": None}, {}),
    ({"n": "2"}, {"n": 2}),
]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(("option", "sent"), OPTIONS, ids=[str(option) for option, _ in OPTIONS])
async def test_every_option_is_sent_to_the_provider(
    tool: str,
    option: dict[str, Any],
    sent: dict[str, Any],
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stand-in is the proxy: endpoints of another name do not get the defaults."""
    monkeypatch.setenv("HTTP_PROXY", openai_api.base_url.removesuffix("/v1"))
    arguments = {"prompt": "a red bridge", **option}
    if tool == "edit_image":
        arguments["images"] = [IMAGE]
    else:
        arguments.pop("mask", None)
    settings = settings_for(openai_api, tmp_path, openai_base_url="http://api.openai.com/v1")
    async with connect_in_memory(settings) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    (call,) = openai_api.posts
    assert call.fields == as_sent(tool, {**DEFAULTS, **sent})


def as_sent(tool: str, fields: dict[str, Any]) -> dict[str, Any]:
    """JSON for generate; multipart strings for edit, which omits the default moderation."""
    if tool == "generate_image":
        return fields
    if fields["moderation"] == "auto":
        fields.pop("moderation")
    return {
        name: str(value).lower() if value is True else str(value) for name, value in fields.items()
    }


async def test_images_and_mask_are_sent_unchanged_with_file_names_and_types(
    openai_api: StandIn, tmp_path: Path
) -> None:
    inputs = [small_image(size=(64, 64), form=form) for form in ("PNG", "JPEG", "WEBP")]
    mask_image = mask((64, 64))
    texts = [b64encode(image.data).decode() for image in inputs]
    arguments = {
        "prompt": "blue",
        "images": [
            texts[0],
            f"data:image/jpeg;base64,{texts[1]}",
            f" {texts[2][:40]}\n{texts[2][40:]}",
        ],
        "mask": b64encode(mask_image.data).decode(),
    }
    async with connect_in_memory(settings_for(openai_api, tmp_path)) as client:
        result = await client.call_tool("edit_image", arguments)
    assert not result.is_error, result.content
    sent = [
        (each.field, each.filename, each.content_type, each.data)
        for each in openai_api.posts[0].files
    ]
    assert sent == [
        ("image[]", "image-1.png", "image/png", inputs[0].data),
        ("image[]", "image-2.jpg", "image/jpeg", inputs[1].data),
        ("image[]", "image-3.webp", "image/webp", inputs[2].data),
        ("mask", "mask.png", "image/png", mask_image.data),
    ]


async def test_a_stored_image_is_edited_by_its_id(openai_api: StandIn, tmp_path: Path) -> None:
    async with connect_in_memory(settings_for(openai_api, tmp_path)) as client:
        first = await client.call_tool("generate_image", {"prompt": "a red bridge"})
        image_id = first.structured_content["images"][0]["id"]
        second = await client.call_tool("edit_image", {"prompt": "blue", "images": [image_id]})
    assert not second.is_error, second.content
    (upload,) = openai_api.posts[1].files
    stored = Path(first.structured_content["images"][0]["path"]).read_bytes()
    assert b"tEXt" in stored
    assert upload.data == read_layout(Image(stored)).without_metadata()


async def test_key_organization_and_project_are_sent_to_the_provider(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, openai_org_id="org-1", openai_project_id="proj_2")
    async with connect_in_memory(settings) as client:
        await client.call_tool("generate_image", {"prompt": "a red bridge"})
    headers = openai_api.posts[0].headers
    assert headers["authorization"].startswith("Bearer sk-")
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj_2")


async def test_the_default_model_is_the_one_of_the_settings(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, image_model="gpt-image-2")
    async with connect_in_memory(settings) as client:
        await client.call_tool("generate_image", {"prompt": "a red bridge"})
    assert openai_api.posts[0].fields["model"] == "gpt-image-2"
