"""From pixels to the bytes of a file."""

from io import BytesIO

from PIL import Image

from domain.image_formats import ImageFormat

PAPER = (255, 255, 255)


def encoded(picture: Image.Image, form: ImageFormat, compression: int | None) -> bytes:
    """The picture (RGB or RGBA) as a file; JPEG shows what is transparent as white.

    `compression` is the quality from 0 to 100 of JPEG and WebP.
    """
    buffer = BytesIO()
    quality = max(1, 85 if compression is None else compression)
    match form:
        case ImageFormat.PNG:
            picture.save(buffer, "PNG", compress_level=1)
        case ImageFormat.JPEG:
            flat(picture).save(buffer, "JPEG", quality=quality)
        case ImageFormat.WEBP:
            picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def flat(picture: Image.Image) -> Image.Image:
    """The picture without alpha, on white paper."""
    if picture.mode == "RGB":
        return picture
    paper = Image.new("RGB", picture.size, PAPER)
    paper.paste(picture, (0, 0), picture.getchannel("A"))
    return paper
