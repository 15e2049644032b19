"""Which of our formats a client takes, by its Accept header."""

import re
from functools import lru_cache
from typing import NamedTuple

from domain.image_formats import ImageFormat

PREFERRED = (ImageFormat.WEBP, ImageFormat.JPEG, ImageFormat.PNG)
"""Where a client likes several alike: the fewest bytes first."""
QUALITY = re.compile(r";\s*q\s*=\s*(\d(?:\.\d{0,9})?|\.\d{1,9})\s*(?:;|$)", re.IGNORECASE)


class _Preference(NamedTuple):
    quality: float
    named: bool


@lru_cache(maxsize=128)
def acceptable_formats(accept: str | None) -> tuple[ImageFormat, ...]:
    """Ours that the client takes, the best first: by quality, then those it calls by name.

    Empty where it says nothing of pictures (or nothing at all, or what cannot be read), takes
    none of ours, or takes all of them alike by a wildcard: any may be sent then.
    """
    ranges = dict(_ranges(accept or ""))
    likings = {form: _preference(form, ranges) for form in PREFERRED}
    if len(set(likings.values())) == 1 and not any(liking.named for liking in likings.values()):
        return ()
    taken = [form for form in PREFERRED if likings[form].quality > 0]
    return tuple(sorted(taken, key=lambda form: likings[form], reverse=True))


def _preference(form: ImageFormat, ranges: dict[str, float]) -> _Preference:
    """What the closest of the media ranges says of a format."""
    for name in (form.media_type, "image/*", "*/*"):
        if name in ranges:
            return _Preference(ranges[name], name == form.media_type)
    return _Preference(0.0, named=False)


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Media ranges with their qualities, 0 to 1; a quality that cannot be read is 1."""
    ranges = []
    for word in accept.split(","):
        name = word.partition(";")[0].strip().lower()
        quality = QUALITY.search(word)
        ranges.append((name, min(float(quality[1]), 1.0) if quality else 1.0))
    return ranges
