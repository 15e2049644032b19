"""Decodes image files to pixels, and encodes pixels as image files."""

from io import BytesIO

from PIL import Image

from domain.image import Image as InputImage
from domain.image_formats import ImageFormat
from domain.provider_errors import RequestRefused

READABLE_FORMATS = ("PNG", "JPEG", "WEBP")
JPEG_BACKGROUND = (255, 255, 255)


def decode(image: InputImage, field: str) -> Image.Image:
    """The pixels (RGB or RGBA). Raises RequestRefused, naming the field, if Pillow cannot read it.

    The error does not quote Pillow's message, which names Python objects and not the field.
    """
    try:
        with Image.open(BytesIO(image.data), formats=READABLE_FORMATS) as opened:
            return opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        message = f"The sketch provider cannot read {field}: not an intact PNG, JPEG or WebP file."
        raise RequestRefused(message) from error


def encode(image: Image.Image, form: ImageFormat, compression: int | None) -> bytes:
    """The image (RGB or RGBA) as a file; in a JPEG, transparent areas are white.

    `compression` is the quality of JPEG and WebP, from 0 to 100.
    """
    buffer = BytesIO()
    quality = max(1, 85 if compression is None else compression)
    match form:
        case ImageFormat.PNG:
            image.save(buffer, "PNG", compress_level=1)
        case ImageFormat.JPEG:
            _flatten(image).save(buffer, "JPEG", quality=quality)
        case ImageFormat.WEBP:
            image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def _flatten(image: Image.Image) -> Image.Image:
    """The image on a white background, without its alpha channel."""
    if image.mode == "RGB":
        return image
    flat = Image.new("RGB", image.size, JPEG_BACKGROUND)
    flat.paste(image, (0, 0), image.getchannel("A"))
    return flat
