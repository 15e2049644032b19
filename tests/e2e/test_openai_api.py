"""OpenAI's own Python client against the routes for it, from the first line to the last."""

from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from domain.image import Image
from domain.image_formats import ImageFormat
from tests.e2e.openai_client import PROMPT, decoded, openai_client
from tests.standin import StandIn

pytestmark = pytest.mark.anyio


async def test_an_image_is_generated_and_an_equal_call_costs_nothing(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        raw = await client.images.with_raw_response.generate(prompt=PROMPT, size="1024x1024")
        again = await client.images.with_raw_response.generate(prompt=PROMPT, size="1024x1024")
    reply, repeated = raw.parse(), again.parse()
    assert reply.data is not None
    assert repeated.data is not None
    image = decoded(reply.data[0].b64_json)
    assert (image.format, str(image.dimensions)) == (ImageFormat.PNG, "1024x1024")
    assert (reply.output_format, reply.size) == ("png", "1024x1024")
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens > 0
    assert repeated.data[0].b64_json == reply.data[0].b64_json
    assert repeated.usage == reply.usage
    assert raw.headers["x-cache"] == "miss"
    assert again.headers["x-cache"] in ("hit", "joined")  # the first call may be filling the cache
    assert float(raw.headers["x-cost-usd"]) > 0 == float(again.headers["x-cost-usd"])
    assert raw.headers["x-image-id"] == again.headers["x-image-id"] == image.id
    assert raw.headers["x-job-id"].startswith("job_")
    assert reply._request_id == raw.headers["x-request-id"]
    assert len(openai_api.posts) == 1


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
async def test_each_format_arrives_as_base64_and_by_its_url(
    form: Any,  # noqa: ANN401 - the SDK's own literal
    tmp_path: Path,
    openai_api: StandIn,
) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        inline = await client.images.generate(prompt=PROMPT, output_format=form)
        linked = await client.images.generate(
            prompt=PROMPT, output_format=form, response_format="url"
        )
        assert inline.data
        assert linked.data
        assert linked.data[0].url
        async with httpx2.AsyncClient() as browser:
            shown = await browser.get(linked.data[0].url)
    assert decoded(inline.data[0].b64_json).format == form == inline.output_format
    assert linked.data[0].b64_json is None
    assert shown.headers["content-type"] == f"image/{form}"
    assert shown.content == decoded(inline.data[0].b64_json).data
    assert len(openai_api.posts) == 1


async def test_ten_images_come_from_one_call(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        reply = await client.images.generate(prompt=PROMPT, n=10)
        with pytest.raises(openai.BadRequestError, match="between 1 and 10") as refused:
            await client.images.generate(prompt=PROMPT, n=11)
    assert reply.data is not None
    assert len({decoded(each.b64_json).id for each in reply.data}) == 10
    assert refused.value.param == "n"
    assert [post.fields["n"] for post in openai_api.posts] == [10]


async def test_a_stream_has_previews_and_then_the_image(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        stream = await client.images.generate(prompt=PROMPT, stream=True, partial_images=2)
        events = [event async for event in stream]
        whole = await client.images.generate(prompt=PROMPT)
    kinds = [event.type for event in events]
    assert kinds == [*["image_generation.partial_image"] * 2, "image_generation.completed"]
    assert [getattr(event, "partial_image_index", None) for event in events] == [0, 1, None]
    last = events[-1]
    assert last.type == "image_generation.completed"
    assert last.usage is not None
    assert whole.data is not None
    assert decoded(last.b64_json).format is ImageFormat.PNG
    assert whole.usage
    assert last.usage.total_tokens == whole.usage.total_tokens
    assert len(openai_api.posts) == 1


async def test_previews_are_not_paid_for_without_a_stream(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        await client.images.generate(prompt=PROMPT, partial_images=3)
    assert not openai_api.posts[0].fields.get("partial_images")


async def test_two_images_and_a_mask_are_edited_by_both_forms_of_the_body(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        made = await client.images.generate(prompt=PROMPT, n=2, background="transparent")
        assert made.data is not None
        files = [decoded(each.b64_json).data for each in made.data]
        edited = await client.images.edit(
            prompt="at night", image=[("a.png", files[0]), ("b.png", files[1])], mask=files[0]
        )
        urls = [f"data:image/png;base64,{each.b64_json}" for each in made.data]
        body = {
            "prompt": "at night",
            "images": [{"image_url": urls[0]}, {"file_id": Image(files[1]).id}],
            "mask": {"image_url": urls[0]},
        }
        same: dict[str, Any] = await client.post("/images/edits", body=body, cast_to=dict[str, Any])
        assert edited.data is not None
        assert same["data"][0]["b64_json"] == edited.data[0].b64_json
    assert [[file.field for file in post.files] for post in openai_api.posts] == [
        [],
        ["image[]", "image[]", "mask"],
    ]


async def test_an_edit_streams_events_of_its_own_kind(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        made = await client.images.generate(prompt=PROMPT)
        assert made.data is not None
        stream = await client.images.edit(
            prompt="at night",
            image=decoded(made.data[0].b64_json).data,
            stream=True,
            partial_images=1,
        )
        kinds = [event.type async for event in stream]
    assert kinds == ["image_edit.partial_image", "image_edit.completed"]


async def test_legacy_values_are_mapped_and_said_or_refused(
    tmp_path: Path, openai_api: StandIn
) -> None:
    legacy: dict[str, Any] = {"model": "dall-e-3", "quality": "hd", "size": "256x256"}
    async with openai_client(tmp_path / "a", openai_api) as client:
        raw = await client.images.with_raw_response.generate(
            prompt=PROMPT, style="vivid", user="u", **legacy
        )
    notes = raw.headers["x-notes"]
    assert "quality hd -> high." in notes
    assert "size 256x256 -> " in notes
    assert "dall-e-3 retired on" in notes
    sent = openai_api.posts[0].fields
    assert sent["quality"] == "high"
    assert "style" not in sent
    async with openai_client(tmp_path / "b", openai_api, openai_api_strict=True) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.images.generate(prompt=PROMPT, **legacy)
    assert all(word in refused.value.message for word in ("hd", "256x256", "dall-e-3"))
    assert len(openai_api.posts) == 1


async def test_models_can_be_listed_and_looked_up(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        models = [model async for model in client.models.list()]
        one = await client.models.retrieve(models[0].id)
        other = await client.models.retrieve(f"openai-responses/{models[0].id}")
        with pytest.raises(openai.NotFoundError) as missing:
            await client.models.retrieve("gpt-image-0")
    assert one == models[0]
    assert other.id == f"openai-responses/{models[0].id}"
    assert "gpt-image-1" not in [model.id for model in models]  # shut down on 2026-10-23
    assert missing.value.code == "model_not_found"
    assert openai_api.calls == []


async def test_the_token_is_needed_as_bearer_or_as_api_key(
    tmp_path: Path, openai_api: StandIn
) -> None:
    token = "t" * 32
    async with openai_client(
        tmp_path, openai_api, options={"api_key": token}, auth_token=token
    ) as client:
        await client.images.generate(prompt=PROMPT)
        url = f"{client.base_url}models"
        async with httpx2.AsyncClient() as plain:
            azure = await plain.get(url, headers={"api-key": token})
            wrong = await plain.get(url, headers={"api-key": "wrong"})
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.with_options(api_key="wrong").images.generate(prompt=PROMPT)
    assert (azure.status_code, wrong.status_code) == (200, 401)
    assert (refused.value.code, refused.value.status_code) == ("invalid_api_key", 401)


async def test_paths_without_the_prefix_serve_the_same(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as client:
        bare = client.with_options(base_url=str(client.base_url).removesuffix("v1/"))
        one = await bare.images.generate(prompt=PROMPT)
        two = await client.images.generate(prompt=PROMPT)
    assert one.data == two.data
    assert len(openai_api.posts) == 1
