"""Makes renditions of pictures with Pillow."""

import asyncio
from io import BytesIO

import PIL.Image

from domain.images import Image

PREVIEW_SIDES = (1024, 768, 512, 384, 256, 128)
"""Longer sides that are tried, in pixels, until a preview fits."""
PREVIEW_QUALITIES = (85, 70, 50)
LARGEST_READ = 50_000_000


class PillowOptimizer:
    """An ImageOptimizer: JPEG for opaque pictures, WebP where there is transparency."""

    async def preview(self, image: Image, /, *, max_bytes: int) -> Image | None:
        if len(image.data) <= max_bytes:
            return image
        return await asyncio.to_thread(_preview, image, max_bytes)


def _preview(image: Image, max_bytes: int) -> Image | None:
    if image.dimensions.pixels > LARGEST_READ:
        return None
    try:
        with PIL.Image.open(BytesIO(image.data), formats=[image.format.value.upper()]) as opened:
            opened.draft("RGB", (PREVIEW_SIDES[0], PREVIEW_SIDES[0]))
            picture = opened.convert("RGBA" if image.has_alpha else "RGB")
    except Exception:  # noqa: BLE001 - a preview is a courtesy; Pillow raises all sorts
        return None
    for side in PREVIEW_SIDES:
        picture.thumbnail((side, side))
        for quality in PREVIEW_QUALITIES:
            data = _encoded(picture, quality)
            if len(data) <= max_bytes:
                return Image(data)
    return None


def _encoded(picture: PIL.Image.Image, quality: int) -> bytes:
    out = BytesIO()
    if picture.mode == "RGBA":
        picture.save(out, "WEBP", quality=quality, method=2)
    else:
        picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
