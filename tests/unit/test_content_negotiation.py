"""The image formats that an Accept header selects."""

import pytest

from domain.image_formats import ImageFormat
from entrypoints.http.content_negotiation import acceptable_formats

PNG, JPEG, WEBP, AVIF = ImageFormat
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
CHROME_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
SAFARI = "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty one"),
        pytest.param("*/*", id="anything"),
        pytest.param("image/*", id="any image"),
        pytest.param("image/*, */*;q=0.1", id="any image, or else anything"),
        pytest.param("application/json", id="something else"),
        pytest.param("*/*;q=0", id="nothing"),
        pytest.param("image/avif, */*", id="AVIF or anything"),
        pytest.param("image/avif;q=0", id="no AVIF"),
        pytest.param(";;,,q=;/,\x00", id="garbage"),
    ],
)
def test_an_accept_header_without_a_preference_selects_nothing(accept: str | None) -> None:
    assert acceptable_formats(accept) == ()


@pytest.mark.parametrize(
    ("accept", "formats"),
    [
        pytest.param("image/png", (PNG,), id="one"),
        pytest.param("image/png, image/jpeg", (JPEG, PNG), id="two equal: the smaller first"),
        pytest.param("image/jpeg;q=0.5, image/png;q=0.9", (PNG, JPEG), id="by quality"),
        pytest.param("image/webp, */*", (WEBP, JPEG, PNG), id="one named, all accepted"),
        pytest.param("image/png, */*", (PNG, WEBP, JPEG), id="a named format comes first"),
        pytest.param("image/webp;q=0, */*", (JPEG, PNG), id="all but one"),
        pytest.param("image/*;q=0, image/png;q=0.1", (PNG,), id="the closest range counts"),
        pytest.param(
            "image/*;q=0.5, */*;q=0.9, image/png;q=0.7", (PNG, WEBP, JPEG), id="not the widest one"
        ),
        pytest.param("IMAGE/WebP ; Q=0.5 , image/png", (PNG, WEBP), id="case and blanks"),
        pytest.param("image/png;level=1;q=.2, image/jpeg;q=1.", (JPEG, PNG), id="odd qualities"),
        pytest.param("image/png;q=7, image/jpeg", (JPEG, PNG), id="a quality above 1 is 1"),
        pytest.param("image/png;q=inf, image/jpeg;q=nan", (JPEG, PNG), id="no numbers at all"),
        pytest.param("image/png;q=" + "9" * 5000, (PNG,), id="an endless number"),
        pytest.param("image/avif", (AVIF,), id="AVIF if nothing else is accepted"),
        pytest.param("image/avif;q=0.1, */*;q=0", (AVIF,), id="AVIF, and nothing else"),
        pytest.param("image/avif, image/png;q=0.1", (PNG,), id="AVIF comes last"),
        pytest.param(CHROME, (WEBP, JPEG, PNG), id="Chrome"),
        pytest.param(CHROME_PAGE, (WEBP, JPEG, PNG), id="Chrome, as a page"),
        pytest.param(SAFARI, (WEBP, PNG, JPEG), id="Safari"),
    ],
)
def test_preferred_formats_are_in_the_clients_order(
    accept: str, formats: tuple[ImageFormat, ...]
) -> None:
    assert acceptable_formats(accept) == formats
