"""Equal fingerprints mean equal images, and no field is left out."""

from dataclasses import fields, replace
from typing import Any

import pytest

from domain.fingerprint import IGNORED_FIELDS, fingerprint
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import Background, EditRequest, ImageRequest, Moderation, Quality
from tests.testkit.fakes import mask, small_image

REQUEST = EditRequest(
    prompt="a red bridge",
    model="gpt-image-2.6-flare",
    images=(small_image("red"), small_image("blue")),
    mask=mask(),
    format=ImageFormat.WEBP,
)
CHANGES: dict[str, Any] = {
    "prompt": "a red bridge ",
    "model": "gpt-image-2.6-sunburst",
    "size": Dimensions(1536, 1024),
    "quality": Quality.HIGH,
    "format": ImageFormat.JPEG,
    "background": Background.OPAQUE,
    "moderation": Moderation.LOW,
    "n": 2,
    "images": (small_image("blue"), small_image("red")),
    "mask": None,
    "keep_shape": True,
}


def _fingerprint(request: ImageRequest, **other: str) -> str:
    context = {"provider": "openai", "endpoint": "https://one", "owner": "local", **other}
    return fingerprint(request, **context)


@pytest.mark.parametrize("field", [field.name for field in fields(EditRequest)])
def test_every_field_that_changes_the_image_changes_the_fingerprint(field: str) -> None:
    if field in IGNORED_FIELDS:
        return
    changed = replace(REQUEST, **{field: CHANGES[field]})
    assert _fingerprint(changed) != _fingerprint(REQUEST)


def test_previews_do_not_change_the_fingerprint() -> None:
    assert _fingerprint(replace(REQUEST, partial_images=3)) == _fingerprint(REQUEST)


def test_the_compression_that_is_sent_counts() -> None:
    assert _fingerprint(replace(REQUEST, output_compression=60)) != _fingerprint(REQUEST)
    assert _fingerprint(replace(REQUEST, output_compression=85)) == _fingerprint(REQUEST)
    png = replace(REQUEST, format=ImageFormat.PNG)
    assert _fingerprint(replace(png, output_compression=60)) == _fingerprint(png)


@pytest.mark.parametrize("context", ["provider", "endpoint", "owner"])
def test_provider_endpoint_and_owner_change_the_fingerprint(context: str) -> None:
    assert _fingerprint(REQUEST, **{context: "another"}) != _fingerprint(REQUEST)


def test_number_and_order_of_images_change_the_fingerprint() -> None:
    red, blue = REQUEST.images
    fingerprints = {
        _fingerprint(replace(REQUEST, images=images))
        for images in ((red,), (red, red), (red, blue), (blue, red))
    }
    assert len(fingerprints) == 4


def test_text_moved_between_fields_changes_the_fingerprint() -> None:
    one = replace(REQUEST, prompt="a", model="bc")
    other = replace(REQUEST, prompt="ab", model="c")
    assert _fingerprint(one) != _fingerprint(other)


def test_equal_requests_have_equal_fingerprints() -> None:
    assert _fingerprint(replace(REQUEST, images=(small_image(),), mask=None)) == _fingerprint(
        EditRequest(
            prompt="a red bridge",
            model="gpt-image-2.6-flare",
            images=(small_image(),),
            format=ImageFormat.WEBP,
        )
    )
