"""Strict checks on uploaded images. Pure: they return nothing new, or raise Refused."""

import io
from collections.abc import Sequence
from pathlib import PurePath

from PIL import Image

from tests.standin.calls import Upload
from tests.standin.refusals import Refused

_MEBIBYTE = 1024 * 1024
_IMAGE_LIMIT = 50 * _MEBIBYTE
_MASK_LIMIT = 4 * _MEBIBYTE
_MAX_IMAGES = 16
_MODES = ("RGB", "RGBA", "L")
"""Of Pillow. OpenAI's "invalid image file or mode" was reported for all others."""
_ORIENTATION = 0x0112
_DEPTH_AT = 24  # the byte of a PNG's header that has the bits of a sample
_EXTENSIONS = {"png": (".png",), "jpeg": (".jpg", ".jpeg"), "webp": (".webp",)}


def check_uploads(files: Sequence[Upload]) -> int:
    """Check the file parts of an edit; return the number of images without the mask."""
    images = [file for file in files if file.field in ("image", "image[]")]
    masks = [file for file in files if file.field == "mask"]
    for file in files:
        if file.field not in ("image", "image[]", "mask"):
            text = f"Unknown parameter: '{file.field}'."
            raise Refused(text, code="unknown_parameter", param=file.field)
    _check_counts(images, masks)
    for image in images:
        _open_image(image, _IMAGE_LIMIT)
    for mask in masks:
        _check_mask(mask, images[0])
    return len(images)


def _check_counts(images: Sequence[Upload], masks: Sequence[Upload]) -> None:
    if not images:
        text = "Missing required parameter: 'image'."
        raise Refused(text, code="missing_required_parameter", param="image")
    if len(images) > 1 and any(image.field == "image" for image in images):
        text = "Duplicate parameter: 'image'. Use 'image[]' for several images."
        raise Refused(text, code="duplicate_parameter", param="image")
    if len(images) > _MAX_IMAGES:
        text = f"Invalid 'image': {len(images)} images, at most {_MAX_IMAGES} are allowed."
        raise Refused(text, code="array_above_max_length", param="image")
    if len(masks) > 1:
        raise Refused("Duplicate parameter: 'mask'.", code="duplicate_parameter", param="mask")


def _open_image(file: Upload, limit: int) -> Image.Image:
    """The image, with only its header read; its name and type must match its format."""
    if len(file.data) >= limit:
        text = f"Invalid '{file.field}': {len(file.data)} bytes, fewer than {limit} are allowed."
        raise Refused(text, code="file_too_large", param=file.field)
    found = _detect_format(file.data)
    if found is None:
        raise _invalid_file(file, "it is not a PNG, JPEG or WebP image")
    if file.content_type != f"image/{found}":
        raise _invalid_file(file, f"it is image/{found} but was sent as {file.content_type!r}")
    if PurePath(file.filename).suffix.lower() not in _EXTENSIONS[found]:
        raise _invalid_file(file, f"it is image/{found} but is named {file.filename!r}")
    try:
        image = Image.open(io.BytesIO(file.data), formats=[found])
    except Exception as error:  # Pillow's plugins raise many types; all of them mean this
        raise _invalid_file(file, "its header cannot be read") from error
    _check_mode(file, image)
    return image


def _check_mode(file: Upload, image: Image.Image) -> None:
    """Refuse what OpenAI refuses, and what lies on its side or is more than one image."""
    if image.mode not in _MODES or image.has_transparency_data != (image.mode == "RGBA"):
        raise _invalid_file(file, f"invalid image file or mode {image.mode}")
    if image.format == "PNG" and file.data[_DEPTH_AT] != 8:
        raise _invalid_file(file, f"it has {file.data[_DEPTH_AT]} bits per channel")
    if getattr(image, "n_frames", 1) != 1:
        raise _invalid_file(file, f"it has {getattr(image, 'n_frames', 1)} images")
    if image.getexif().get(_ORIENTATION, 1) != 1:
        raise _invalid_file(file, "it is not upright")


def _check_mask(mask: Upload, first: Upload) -> None:
    image = _open_image(mask, _MASK_LIMIT)
    if image.format != "PNG":
        raise _invalid_file(mask, "it is not a PNG")
    if "A" not in image.getbands():
        raise _invalid_file(mask, "it has no alpha channel")
    size = _open_image(first, _IMAGE_LIMIT).size
    if image.size != size:
        raise _invalid_file(mask, f"it is {image.size} while the first image is {size}")


def _detect_format(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def _invalid_file(file: Upload, why: str) -> Refused:
    text = f"Invalid image file in '{file.field}': {why}."
    return Refused(text, code="invalid_image_file", param=file.field)
