"""The strict checks on uploaded pictures. Pure: uploads go in, nothing or `Refused` comes out."""

import io
from collections.abc import Sequence
from pathlib import PurePath

from PIL import Image

from tests.standin.calls import Upload
from tests.standin.refusals import Refused

_MEBIBYTE = 1024 * 1024
_IMAGE_LIMIT = 50 * _MEBIBYTE
_MASK_LIMIT = 4 * _MEBIBYTE
_MOST_IMAGES = 16
_EXTENSIONS = {"png": (".png",), "jpeg": (".jpg", ".jpeg"), "webp": (".webp",)}


def check_uploads(files: Sequence[Upload]) -> int:
    """Judge the file parts of an edit; returns how many images it has, the mask not counted."""
    images = [file for file in files if file.field in ("image", "image[]")]
    masks = [file for file in files if file.field == "mask"]
    for file in files:
        if file.field not in ("image", "image[]", "mask"):
            text = f"Unknown parameter: '{file.field}'."
            raise Refused(text, code="unknown_parameter", param=file.field)
    _counted(images, masks)
    for image in images:
        _picture(image, _IMAGE_LIMIT)
    for mask in masks:
        _mask(mask, images[0])
    return len(images)


def _counted(images: Sequence[Upload], masks: Sequence[Upload]) -> None:
    if not images:
        text = "Missing required parameter: 'image'."
        raise Refused(text, code="missing_required_parameter", param="image")
    if len(images) > 1 and any(image.field == "image" for image in images):
        text = "Duplicate parameter: 'image'. Use 'image[]' for several images."
        raise Refused(text, code="duplicate_parameter", param="image")
    if len(images) > _MOST_IMAGES:
        text = f"Invalid 'image': {len(images)} images, at most {_MOST_IMAGES} are allowed."
        raise Refused(text, code="array_above_max_length", param="image")
    if len(masks) > 1:
        raise Refused("Duplicate parameter: 'mask'.", code="duplicate_parameter", param="mask")


def _picture(file: Upload, limit: int) -> Image.Image:
    """The picture with its header read and its pixels not; names and types must agree."""
    if len(file.data) >= limit:
        text = f"Invalid '{file.field}': {len(file.data)} bytes, fewer than {limit} are allowed."
        raise Refused(text, code="file_too_large", param=file.field)
    found = _sniffed(file.data)
    if found is None:
        raise _unfit(file, "it is not a PNG, JPEG or WebP picture")
    if file.content_type != f"image/{found}":
        raise _unfit(file, f"it is image/{found} but was sent as {file.content_type!r}")
    if PurePath(file.filename).suffix.lower() not in _EXTENSIONS[found]:
        raise _unfit(file, f"it is image/{found} but is named {file.filename!r}")
    try:
        return Image.open(io.BytesIO(file.data), formats=[found])
    except Exception as error:  # Pillow's plugins raise many kinds; all of them mean this
        raise _unfit(file, "its header cannot be read") from error


def _mask(mask: Upload, first: Upload) -> None:
    picture = _picture(mask, _MASK_LIMIT)
    if picture.format != "PNG":
        raise _unfit(mask, "it is not a PNG")
    if "A" not in picture.getbands():
        raise _unfit(mask, "it has no alpha channel")
    size = _picture(first, _IMAGE_LIMIT).size
    if picture.size != size:
        raise _unfit(mask, f"it is {picture.size} while the first image is {size}")


def _sniffed(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def _unfit(file: Upload, why: str) -> Refused:
    text = f"Invalid image file in '{file.field}': {why}."
    return Refused(text, code="invalid_image_file", param=file.field)
