"""Jobs of a worker: normalize input images and masks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import PIL.Image
from PIL.Image import Resampling

from adapters.pillow.foreign_decoders import open_foreign
from adapters.pillow.frames import Facts, Message
from adapters.pillow.opening import open_image
from adapters.pillow.upright import Upright, to_upright, turned
from domain.errors import InvalidRequest, UnreadableImage
from domain.foreign_formats import ONE_FRAME, decodable_format
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from domain.image_layouts import ImageLayout, read_layout
from domain.masks import MaskContents, MaskPlan, plan_mask
from domain.requests import MAX_INPUT_BYTES, MAX_MASK_BYTES

QUALITY = 95
"""Of a JPEG that must be encoded again, with full color resolution: no difference is visible."""
COMPRESS_LEVEL = 3
"""Of a PNG: level 6 takes three times as long for 11 % fewer bytes (12 megapixels, 2026-11-27)."""


def normalize(_: Facts, data: bytes) -> Message:
    """Make the image upright and plain; raise UnreadableImage.

    The facts are those of a NormalizedImage. No bytes mean that the pixels need no change, so that
    only metadata may have to be removed.
    """
    with _opened(data) as (opened, source):
        upright = to_upright(opened, deep=source.deep)
    changes = [*upright.changes, *source.changes]
    facts = {"orientation": upright.orientation, "changes": changes}
    if source.plain and not upright.touched:
        return facts, b""
    return facts, _encode(upright.image, lossy=source.lossy)


def normalize_mask(options: Facts, data: bytes) -> Message:
    """Make the mask that `plan_mask` plans for an image of `width`, `height` and `orientation`.

    A mask that does not fit has its `unfit` and `hint` in the facts. No bytes mean that the pixels
    need no change, or that the mask is `empty`.
    """
    with _opened(data) as (opened, source):
        upright = to_upright(opened, deep=source.deep)
    size = Dimensions(int(str(options["width"])), int(str(options["height"])))
    try:
        plan = plan_mask(_contents(upright.image), size, int(str(options["orientation"])))
    except InvalidRequest as error:
        return {"unfit": error.message, "hint": error.hint}, b""
    facts = {"notes": list(plan.notes), "empty": plan.empty}
    if plan.empty or _is_fit(upright, source, plan, data):
        return facts, b""
    return facts, _made(upright.image, plan, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Facts about the file of an image."""

    format: ImageFormat | None
    plain: bool
    lossy: bool
    deep: bool = False
    changes: tuple[str, ...] = ()


@contextmanager
def _opened(data: bytes) -> Iterator[tuple[PIL.Image.Image, _Source]]:
    form = decodable_format(data)
    if form is not None:
        with open_foreign(data, form) as opened:
            change = f"converted from {form} to {'PNG' if opened.has_transparency_data else 'JPEG'}"
            yield opened, _Source(format=None, plain=False, lossy=True, changes=(change,))
        return
    image = Image(data)
    layout = read_layout(image)
    _check(layout)
    with open_image(image) as opened:
        yield (
            opened,
            _Source(
                format=image.format,
                plain=layout.plain,
                lossy=layout.lossy,
                deep=layout.bits == 16,
            ),
        )


def _check(layout: ImageLayout) -> None:
    if layout.frames > 1:
        raise UnreadableImage("The image is animated. Send a single frame.", hint=ONE_FRAME)
    if layout.header.format is ImageFormat.JPEG and layout.bits != 8:
        raise UnreadableImage(
            f"The JPEG has {layout.bits} bits per channel, which few programs read.",
            hint="Save it as an ordinary JPEG, or as PNG.",
        )


def _encode(image: PIL.Image.Image, *, lossy: bool) -> bytes:
    """As JPEG what was compressed with a loss and is opaque, or is too large as PNG."""
    out = BytesIO()
    if image.mode == "RGBA" or not lossy:
        image.save(out, "PNG", compress_level=COMPRESS_LEVEL)
        if image.mode == "RGBA" or out.tell() < MAX_INPUT_BYTES:
            return out.getvalue()
        out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()


def _contents(image: PIL.Image.Image) -> MaskContents:
    return MaskContents(
        dimensions=Dimensions(*image.size),
        alpha=image.getchannel("A").histogram() if image.mode == "RGBA" else None,
        gray=image.convert("L").histogram(),
    )


def _is_fit(upright: Upright, source: _Source, plan: MaskPlan, data: bytes) -> bool:
    """Whether the mask can be sent as it came, but for its metadata."""
    return (
        source.format is ImageFormat.PNG
        and source.plain
        and not upright.touched
        and not plan.changes
        and len(data) < MAX_MASK_BYTES
    )


def _made(image: PIL.Image.Image, plan: MaskPlan, size: Dimensions) -> bytes:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    threshold = plan.threshold
    if plan.from_gray:
        alpha = image.convert("L").point([255 if level < 128 else 0 for level in range(256)])
    assert alpha is not None  # or the plan is made from gray
    if threshold is not None and not plan.from_gray:
        alpha = alpha.point([0 if level < threshold else 255 for level in range(256)])
    alpha = turned(alpha, plan.turn)
    if plan.resize:
        alpha = alpha.resize((size.width, size.height), Resampling.NEAREST)
    black = PIL.Image.new("L", alpha.size, 0)
    out = BytesIO()
    PIL.Image.merge("RGBA", (black, black, black, alpha)).save(out, "PNG")
    return out.getvalue()
