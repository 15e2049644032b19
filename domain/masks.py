"""Masks: what a mask marks, and whether and how it fits its image."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidRequest
from domain.image import Image
from domain.image_formats import Dimensions
from domain.input_images import SIDEWAYS, NormalizedMask

HINT = (
    "Make the areas to edit fully transparent and save the mask as PNG, or send an image in which "
    "these areas are white and all others black."
)
NOT_NEEDED = "The mask is transparent everywhere, so it was left out: it is not needed."
READ_AS_WHITE = "The mask has no transparent areas; its white areas were read as those to edit."
READ_AS_CLEAR = "The partly transparent areas of the mask were read as those to edit."
NEAR = 16
"""A level this near to 0 or 255 counts as black or white, transparent or opaque: so do 99.6 % of
the pixels of a black and white mask as JPEG of quality 50 (2026-11-27)."""
CLEAR_SHARE = 0.98
"""The share of pixels that must be near two levels: the rest are the soft edges of a brush."""
MAX_SCALE = 8
"""The most that a mask is scaled: each of its pixels then marks 8x8 of the image."""
Levels = Sequence[int]
"""The number of pixels of each level, 0 to 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskContents:
    """What a mask has: its upright size, and its levels of alpha (None without) and of gray."""

    dimensions: Dimensions
    alpha: Levels | None
    gray: Levels


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPlan:
    """How to make the mask that is sent.

    `threshold` None keeps the alpha channel; else levels below it become transparent. With
    `from_gray` levels of gray from it on become transparent. `turn` is the EXIF orientation to
    apply, `resize` whether to scale to the size of the image. An `empty` mask is left out.
    """

    from_gray: bool = False
    threshold: int | None = None
    turn: int = 1
    resize: bool = False
    empty: bool = False
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the mask that is sent differs from the one that came."""
        return self.threshold is not None or self.turn != 1 or self.resize


def plan_mask(mask: MaskContents, image: Dimensions, orientation: int) -> MaskPlan:
    """Plan the mask for an image of these upright dimensions, whose file had this orientation.

    Raises InvalidRequest unless it is certain which areas the mask marks.
    """
    from_gray, threshold, meaning = _meaning(mask)
    if meaning == NOT_NEEDED:
        return MaskPlan(empty=True, notes=(NOT_NEEDED,))
    turn, resize = _placement(mask.dimensions, image, orientation)
    notes = (
        meaning,
        "The mask was turned with the first image, as its EXIF says." if turn != 1 else "",
        f"The mask was scaled from {mask.dimensions} to {image} pixels." if resize else "",
    )
    return MaskPlan(
        from_gray=from_gray,
        threshold=threshold,
        turn=turn,
        resize=resize,
        notes=tuple(note for note in notes if note),
    )


def check_not_the_image(notes: Sequence[str]) -> None:
    """Raise InvalidRequest for a mask that is the first image, unless its alpha marks areas.

    `notes` are those of its plan. A drawing in black and white would else be read as a mask.
    """
    if READ_AS_WHITE in notes:
        raise _unfit("The mask is the first image itself, and it has no transparent areas.")


def marking_some(made: NormalizedMask) -> Image:
    """The mask; raise InvalidRequest if it leaves the whole image to be edited."""
    if made.mask is None:
        raise _unfit(
            "The mask is transparent everywhere, so it marks the whole image.",
            hint="Make only the areas to edit transparent, or edit the image without a mask.",
        )
    return made.mask


def _meaning(mask: MaskContents) -> tuple[bool, int | None, str]:
    """Whether gray marks the areas, from which level on, and the note about it."""
    alpha = mask.alpha
    if alpha is None or not sum(alpha[: 256 - NEAR]):
        return True, _gray_threshold(mask), READ_AS_WHITE
    if alpha[0] == sum(alpha):
        return False, None, NOT_NEEDED
    if alpha[0]:
        return False, None, ""
    lowest = next(level for level, pixels in enumerate(alpha) if pixels)
    near = sum(alpha[lowest : lowest + NEAR]) + sum(alpha[-NEAR:])
    if near < CLEAR_SHARE * sum(alpha):
        raise _unfit("No part of the mask is fully transparent.")
    return False, (lowest + 255) // 2, READ_AS_CLEAR


def _gray_threshold(mask: MaskContents) -> int:
    gray = mask.gray
    black, white, total = sum(gray[:NEAR]), sum(gray[-NEAR:]), sum(gray)
    if black and white and black + white >= CLEAR_SHARE * total:
        return 128
    if mask.alpha is not None:
        raise _unfit("The mask marks nothing: it is opaque everywhere.")
    if total in (black, white):
        raise _unfit("The mask marks nothing: it has no alpha channel, and one color only.")
    raise _unfit("The mask has no alpha channel, and it is not black and white.")


def _placement(mask: Dimensions, image: Dimensions, orientation: int) -> tuple[int, bool]:
    """The orientation to apply, and whether to scale. What people see comes first."""
    is_sideways = orientation in SIDEWAYS
    stored = Dimensions(image.height, image.width) if is_sideways else image
    for fits in (Dimensions.__eq__, _is_scaled):
        for size, turn in ((image, 1), (stored, orientation)):
            if fits(mask, size):
                return turn if is_sideways else 1, fits is _is_scaled
    turned = f" (its EXIF turns it; the file stores {stored})" if is_sideways else ""
    raise _unfit(
        f"The mask is {mask} pixels, but the first image is {image}{turned}.",
        hint=f"Resize the mask to {image}, the size that the image is shown in.",
    )


def _is_scaled(mask: Dimensions, image: Dimensions) -> bool:
    """Whether the sizes have the same shape, up to one pixel of rounding.

    The scale is that of the longer side, which rounding changes least.
    """
    scale = max(image.width, image.height) / max(mask.width, mask.height)
    rounding = max(1.0, scale)
    differences = image.width - mask.width * scale, image.height - mask.height * scale
    return 1 / MAX_SCALE <= scale <= MAX_SCALE and max(map(abs, differences)) <= rounding


def _unfit(message: str, hint: str = HINT) -> InvalidRequest:
    return InvalidRequest(message, field="mask", hint=hint)
