"""Decodes image files to pixels, and encodes pixels as image files."""

from io import BytesIO

from PIL import Image

from domain.errors import UnreadableImage
from domain.image import Image as InputImage
from domain.image_formats import ImageFormat
from domain.image_layouts import read_layout
from domain.provider_errors import RequestRefused

READABLE_FORMATS = ("PNG", "JPEG", "WEBP")
JPEG_BACKGROUND = (255, 255, 255)


def decode(image: InputImage, field: str, max_side: int | None = None) -> Image.Image:
    """The pixels (RGB or RGBA), scaled down if a side would be longer than `max_side`.

    Raises RequestRefused, naming the field, if the image cannot be read. The error does not quote
    Pillow's message, which names Python objects and not the field.
    """
    try:
        with _open(image) as opened:
            pixels = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
            if max_side is not None:
                pixels.thumbnail((max_side, max_side))
            return pixels
    except (UnreadableImage, OSError, SyntaxError, ValueError) as error:
        message = f"The sketch provider cannot read {field}: not an intact PNG, JPEG or WebP file."
        raise RequestRefused(message) from error


def _open(image: InputImage) -> Image.Image:
    """The image without its texts, of the size in its header."""
    layout = read_layout(image)
    opened = Image.open(BytesIO(layout.for_decoder()), formats=READABLE_FORMATS)
    size = layout.header.dimensions
    if opened.size != (size.width, size.height):
        raise UnreadableImage("Its parts have different sizes.")
    return opened


def encode(image: Image.Image, form: ImageFormat, compression: int | None) -> bytes:
    """The image (RGB or RGBA) as a file; in a JPEG, transparent areas are white.

    `compression` is the quality of JPEG and WebP, from 0 to 100. Raises ValueError for AVIF, which
    no request to a provider has.
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
        case ImageFormat.AVIF:
            raise ValueError(form)
    return buffer.getvalue()


def _flatten(image: Image.Image) -> Image.Image:
    """The image on a white background, without its alpha channel."""
    if image.mode == "RGB":
        return image
    flat = Image.new("RGB", image.size, JPEG_BACKGROUND)
    flat.paste(image, (0, 0), image.getchannel("A"))
    return flat
