"""Where all chance in a painting comes from."""

import hashlib
from random import Random

from domain.requests import EditRequest, ImageRequest


def seeded(request: ImageRequest, picture: int) -> Random:
    """The dice for picture `picture` (from 0) of a request: equal requests throw alike.

    Format, compression, partial images and model change no throw.
    """
    parts = [request.prompt, str(request.size), request.quality.value, request.background.value]
    if isinstance(request, EditRequest):
        parts += [image.digest for image in request.images]
        parts.append(request.mask.digest if request.mask else "no mask")
    digest = hashlib.sha256()
    for part in (*parts, str(picture)):
        text = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(text), text))
    return Random(int.from_bytes(digest.digest()))  # noqa: S311 - pictures, no secrets
