"""A request that no model could serve is rejected before anything else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.requests import Background, EditRequest, GenerateRequest, Quality, check_mask_size
from tests.testkit.fakes import PNG


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("prompt", {"prompt": ""}),
        ("prompt", {"prompt": " \n"}),
        ("prompt", {"prompt": "x" * 32_001}),
        ("n", {"n": 0}),
        ("n", {"n": 11}),
        ("partial_images", {"partial_images": -1}),
        ("partial_images", {"partial_images": 4}),
        ("output_compression", {"output_compression": 101}),
        ("output_compression", {"output_compression": -1}),
        ("format", {"format": ImageFormat.JPEG, "background": Background.TRANSPARENT}),
    ],
)
def test_an_invalid_request_names_its_field(field: str, values: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        GenerateRequest(**{"prompt": "a red bridge", **values})
    assert refused.value.field == field
    assert refused.value.charged == "no"


def test_the_bounds_themselves_are_allowed() -> None:
    GenerateRequest(prompt="x" * 32_000, n=4, partial_images=3, output_compression=100)
    GenerateRequest(prompt="x", n=1, partial_images=0, output_compression=0)


@pytest.mark.parametrize(
    ("quality", "number"),
    [("low", 60), ("medium", 80), ("high", 95), ("xhigh", 95), ("max", 95), ("auto", 85)],
)
def test_compression_follows_the_quality_unless_the_request_has_one(
    quality: str, number: int
) -> None:
    request = GenerateRequest(prompt="x", format=ImageFormat.JPEG, quality=Quality(quality))
    assert request.compression == number
    assert replace(request, output_compression=0).compression == 0
    assert replace(request, format=ImageFormat.PNG).compression is None


@pytest.mark.parametrize("background", list(Background))
def test_an_avif_is_requested_as_png_without_a_compression(background: Background) -> None:
    request = GenerateRequest(
        prompt="x", format=ImageFormat.AVIF, background=background, output_compression=40
    )
    assert request.provider_format is ImageFormat.PNG
    assert request.compression is None
    assert request.ignored_options == ()


def test_one_to_sixteen_images_can_be_edited() -> None:
    EditRequest(prompt="x", images=(PNG,) * 16)
    for number in (0, 17):
        with pytest.raises(InvalidRequest, match=f"between 1 and 16, not {number}"):
            EditRequest(prompt="x", images=(PNG,) * number)


def test_images_and_masks_must_be_under_their_limits() -> None:
    large = Image(PNG.data + bytes(50_000_000 - len(PNG.data)))
    with pytest.raises(InvalidRequest, match=r"images\[1\] has 50,000,000 bytes"):
        EditRequest(prompt="x", images=(PNG, large))
    with pytest.raises(InvalidRequest, match="mask has 50,000,000 bytes"):
        EditRequest(prompt="x", images=(PNG,), mask=large)


def test_a_mask_that_is_sent_must_be_under_its_own_limit() -> None:
    check_mask_size(Image(bytes(3_999_999)))
    with pytest.raises(InvalidRequest, match="mask has 4,000,000 bytes"):
        check_mask_size(Image(bytes(4_000_000)))
