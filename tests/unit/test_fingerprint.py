"""Equal fingerprints mean equal pictures, and nothing is left out."""

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
}


def _print(request: ImageRequest, **other: str) -> str:
    who = {"provider": "openai", "endpoint": "https://one", "owner": "local", **other}
    return fingerprint(request, **who)


@pytest.mark.parametrize("field", [field.name for field in fields(EditRequest)])
def test_every_field_that_changes_the_picture_changes_the_fingerprint(field: str) -> None:
    if field in IGNORED_FIELDS:
        return
    changed = replace(REQUEST, **{field: CHANGES[field]})
    assert _print(changed) != _print(REQUEST)


def test_how_the_wait_is_shown_changes_nothing() -> None:
    assert _print(replace(REQUEST, partial_images=3)) == _print(REQUEST)


def test_compression_counts_as_it_is_sent() -> None:
    assert _print(replace(REQUEST, output_compression=60)) != _print(REQUEST)
    assert _print(replace(REQUEST, output_compression=85)) == _print(REQUEST)
    png = replace(REQUEST, format=ImageFormat.PNG)
    assert _print(replace(png, output_compression=60)) == _print(png)


@pytest.mark.parametrize("who", ["provider", "endpoint", "owner"])
def test_who_paints_where_and_for_whom_belongs_to_it(who: str) -> None:
    assert _print(REQUEST, **{who: "another"}) != _print(REQUEST)


def test_the_number_and_order_of_pictures_belong_to_it() -> None:
    red, blue = REQUEST.images
    prints = {
        _print(replace(REQUEST, images=images))
        for images in ((red,), (red, red), (red, blue), (blue, red))
    }
    assert len(prints) == 4


def test_words_cannot_be_moved_from_one_field_to_the_next() -> None:
    one = replace(REQUEST, prompt="a", model="bc")
    other = replace(REQUEST, prompt="ab", model="c")
    assert _print(one) != _print(other)


def test_it_is_the_same_in_every_process() -> None:
    assert _print(replace(REQUEST, images=(small_image(),), mask=None)) == _print(
        EditRequest(
            prompt="a red bridge",
            model="gpt-image-2.6-flare",
            images=(small_image(),),
            format=ImageFormat.WEBP,
        )
    )
