"""Which media types and image formats a client accepts, by its Accept header."""

import re
from functools import lru_cache
from typing import NamedTuple

from domain.image_formats import ImageFormat

PREFERRED = (ImageFormat.WEBP, ImageFormat.JPEG, ImageFormat.PNG)
"""The order among formats that a client prefers equally: the fewest bytes first. AVIF is none of
them, because browsers name it first and it takes the most time to make."""
QUALITY = re.compile(r";\s*q\s*=\s*(\d(?:\.\d{0,9})?|\.\d{1,9})\s*(?:;|$)", re.IGNORECASE)


class _Preference(NamedTuple):
    quality: float
    named: bool


@lru_cache(maxsize=128)
def acceptable_formats(accept: str | None) -> tuple[ImageFormat, ...]:
    """The formats that the client accepts, best first: by quality, then those it names.

    AVIF only for a client that names it and accepts no other. Empty if any format may be sent: the
    header names no image type, is missing or invalid, accepts none of these formats, or accepts all
    of them equally by a wildcard.
    """
    ranges = dict(_ranges(accept or ""))
    preferences = {form: _preference(form.media_type, ranges) for form in PREFERRED}
    if not any(preference.quality for preference in preferences.values()):
        return _only_avif(ranges)
    named = any(preference.named for preference in preferences.values())
    if len(set(preferences.values())) == 1 and not named:
        return ()
    accepted = [form for form in PREFERRED if preferences[form].quality > 0]
    return tuple(sorted(accepted, key=lambda form: preferences[form], reverse=True))


def _only_avif(ranges: dict[str, float]) -> tuple[ImageFormat, ...]:
    accepted = ranges.get(ImageFormat.AVIF.media_type, 0.0) > 0
    return (ImageFormat.AVIF,) if accepted else ()


@lru_cache(maxsize=128)
def accepts(accept: str, media_type: str) -> bool:
    """Whether a response of this type may be sent; any may be if the header is empty."""
    return not accept.strip() or _preference(media_type, dict(_ranges(accept))).quality > 0


@lru_cache(maxsize=128)
def names(accept: str, media_type: str) -> bool:
    """Whether the header names this very type, as browsers name `text/html`."""
    return dict(_ranges(accept)).get(media_type, 0.0) > 0


def _preference(media_type: str, ranges: dict[str, float]) -> _Preference:
    """The preference that the most specific media range gives a type."""
    for name in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return _Preference(ranges[name], name == media_type)
    return _Preference(0.0, named=False)


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Media ranges with their qualities, 0 to 1; an invalid quality counts as 1."""
    ranges = []
    for entry in accept.split(","):
        name = entry.partition(";")[0].strip().lower()
        quality = QUALITY.search(entry)
        ranges.append((name, min(float(quality[1]), 1.0) if quality else 1.0))
    return ranges
