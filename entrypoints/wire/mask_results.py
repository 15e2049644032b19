"""A stored mask as structured data, for every entry point."""

from msgspec import UNSET, Struct, UnsetType

from domain.uploads import Upload


class MaskResult(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A stored mask, and the image that it is for. Edits name it by its ID."""

    id: str
    image: str
    made_at: str
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    bytes: int
    notes: list[str] | UnsetType = UNSET
    url: str | UnsetType = UNSET


def mask_result(mask: Upload, url: str = "") -> MaskResult:
    """The mask; `url` is where it can be fetched, empty if nowhere."""
    size = mask.image.dimensions
    return MaskResult(
        id=mask.id,
        image=mask.mask_of,
        made_at=mask.created_at.isoformat(timespec="seconds"),
        width=size.width if size else UNSET,
        height=size.height if size else UNSET,
        bytes=mask.image.size,
        notes=[*mask.image.notes] or UNSET,
        url=url or UNSET,
    )
