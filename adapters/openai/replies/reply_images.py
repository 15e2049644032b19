"""Finds the images in a reply, whatever its shape: OpenAI's own, or that of another service."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from adapters.openai.replies.base64_text import decode_base64, is_surely_image, looks_like_image
from adapters.openai.replies.fields import get_field, text_or_empty
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_layouts import read_layout

Texts = tuple[str, ...]
"""The texts of one image, the preferred one first: each in base64, a `data:` URL or a link."""

BASE64_FIELDS = (
    "b64_json",
    "base64",
    "b64",
    "image_base64",
    "b64_image",
    "imageBytes",
    "bytesBase64Encoded",
    "partial_image_b64",
    "result",
    "data",
    "image",
    "image_url",
    "imageUrl",
)
LINK_FIELDS = (
    "url",
    "image_url",
    "imageUrl",
    "imageURL",
    "uri",
    "image_uri",
    "imageUri",
    "gcsUri",
    "image",
    "signed_url",
    "download_url",
    "downloadUrl",
    "file_url",
    "fileUrl",
    "result_url",
    "resultUrl",
    "src",
    "output",
)
CONTAINERS = ("data", "images", "image", "output", "result", "results", "artifacts", "predictions")
"""Fields in which images are searched first; those of the first one that has any are used."""
LISTS = (*CONTAINERS, "urls", "image_urls", "content", "text", "b64_json")
"""Fields whose plain texts may be images."""
NOT_RESULTS = frozenset(
    (
        "input",
        "inputs",
        "prompt",
        "request",
        "parameters",
        "mask",
        "error",
        "usage",
        "logs",
        "metadata",
        "urls",
        "thumbnail",
        "input_images",
        "source_images",
        "reference_images",
        "original",
    )
)
"""Fields that repeat the request, or link to other things."""
SMALL_WORDS = ("thumb", "preview")
"""Words in the names of fields with a smaller copy of the image."""
MAX_LINK = 4_000
"""Characters of a link; one that a store has signed has up to 2,000."""
LINK = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+", re.IGNORECASE)
PATH = re.compile(
    r"//?[\w.~%-]\S*|(?:\.{1,2}/)*[\w~%-][\w./~%-]*\.(?:png|jpe?g|webp)(?:\?\S*)?", re.IGNORECASE
)
"""A link without a scheme, or without a host: it is on the endpoint's own."""
IN_TEXT = re.compile(
    r"(?P<data>data:image/[\w.+-]{1,50};base64,[\w+/=%-]+)|"
    r"\]\(\s?(?P<markdown>[^)\s]+)|\ssrc=[\"']?(?P<html>[^\"'\s>]+)",
    re.IGNORECASE,
)
"""A `data:` URL between other words, and what may be an image in Markdown or HTML."""
MAX_FOUND = 1_000
MAX_TAG = 500
"""Characters between the beginning of such an image, which is looked for backward, and its link."""
MAX_DEPTH = 8
MAX_IMAGES = 16
"""Images of one reply that are decoded: four are requested, and OpenAI generates ten at most."""


def find_images(value: object) -> list[Texts]:
    """The texts of each image in a reply or in an event.

    OpenAI's own shape comes first: a list `data` of objects, or one object. Without an image
    there, all other fields are searched, except those that repeat the request: first those of known
    names, then all for what begins like an image.
    """
    return _find_named(value) or list(_find_anywhere(value, MAX_DEPTH))


def _find_named(value: object) -> list[Texts]:
    items = get_field(value, "data")
    listed = [texts for item in items if (texts := _own(item))] if isinstance(items, list) else []
    if listed or not isinstance(value, Mapping):
        return listed or list(_search(value, "images", MAX_DEPTH))
    own = _own(value)
    if text_or_empty(value.get("b64_json")):
        return [own]
    texts = own or _texts(value)  # last: the link of a whole reply may lead to something else
    return _first_container(value, MAX_DEPTH) or ([texts] if texts else [])


def _find_anywhere(value: object, depth: int) -> Iterator[Texts]:
    """The texts that begin like an image, or have one within, in fields of any name."""
    if isinstance(value, str):
        found = iter([value]) if is_surely_image(value) else _within(value)
        yield from ((text,) for text in found)
    elif depth and isinstance(value, list | Mapping):
        for each in value if isinstance(value, list) else _results(value):
            yield from _find_anywhere(each, depth - 1)


def _results(value: Mapping[str, object]) -> Iterator[object]:
    """The fields of an object that may have a result, by their names."""
    for name, each in value.items():
        if name not in NOT_RESULTS and not any(word in name.lower() for word in SMALL_WORDS):
            yield each


def _within(text: str) -> Iterator[str]:
    """The images within a text that has other words too."""
    for found in islice(IN_TEXT.finditer(text), MAX_FOUND):
        kind = found.lastgroup or ""
        if kind == "data" or _is_image_tag(kind, text, found.start()):
            yield from filter(is_result, (found[kind],))


def _is_image_tag(kind: str, text: str, end: int) -> bool:
    """Whether the Markdown or HTML that ends there is an image, and not a link."""
    first = max(0, end - MAX_TAG)
    if kind == "markdown":
        at = text.rfind("[", first, end)
        return at > 0 and text[at - 1] == "!"
    at = text.rfind("<", first, end)
    return at >= 0 and text[at : at + 4].lower() == "<img"


def _own(item: object) -> Texts:
    """The texts in the fields that OpenAI uses or used."""
    text, url = (text_or_empty(get_field(item, name)) for name in ("b64_json", "url"))
    return tuple(filter(None, (text, url if is_result(url) else "")))


def is_link(text: str) -> bool:
    """Whether the text is a link to follow, and not the image itself."""
    if len(text) > MAX_LINK or looks_like_image(text):
        return False
    return bool(LINK.fullmatch(text.strip()) or PATH.fullmatch(text.strip()))


def is_result(text: str) -> bool:
    """Whether the text can be an image or a link to one."""
    return bool(text) and (looks_like_image(text) or is_link(text))


def _search(value: object, name: str, depth: int) -> Iterator[Texts]:
    """The images in a value, which is in a field of this name, in order."""
    if depth == 0:
        return
    if isinstance(value, str):
        yield from _plain(value, name)
    elif isinstance(value, list):
        for each in value:
            yield from _search(each, name, depth - 1)
    elif isinstance(value, Mapping):
        texts = _texts(value)
        if texts:
            yield texts
        else:
            yield from _first_container(value, depth)


def _first_container(value: Mapping[str, object], depth: int) -> list[Texts]:
    if value and all(name.isdecimal() for name in value):  # a list with its indices as names
        return list(_search(list(value.values()), "images", depth - 1))
    others = (name for name in value if name not in CONTAINERS and name not in NOT_RESULTS)
    for name in (*CONTAINERS, *others):
        found = list(_search(value.get(name), name, depth - 1))
        if found:
            return found
    return []


def _plain(text: str, name: str) -> Iterator[Texts]:
    """Images among the plain texts of a field."""
    if name not in LISTS:
        return
    if looks_like_image(text) or (is_link(text) and LINK.match(text.strip())):
        yield (text,)
    elif name in ("content", "text"):
        yield from ((found,) for found in _within(text))


def _texts(item: Mapping[str, object]) -> Texts:
    """The texts of one image, if the object is one."""
    data = [_value(item.get(name)) for name in BASE64_FIELDS]
    links = [_value(item.get(name)) for name in LINK_FIELDS]
    found = [text for text in data if looks_like_image(text)]
    found += [text for text in links if is_result(text)]
    return tuple(dict.fromkeys(found))


def _value(value: object) -> str:
    """A text, or the text in an object such as `{"url": "…"}`."""
    if isinstance(value, Mapping):
        inner = (text_or_empty(value.get(name)) for name in ("url", "base64", "data", "imageBytes"))
        return next(filter(is_result, inner), "")
    return text_or_empty(value)


@dataclass(frozen=True, slots=True)
class LinkedImage:
    """An image that is not in the reply: its links, and what the reply has instead, if anything."""

    links: Texts
    instead: Image | None


@dataclass(slots=True)
class DecodedImages:
    """What the texts of a reply's images are.

    `undecodable` are texts in place of an image, unchanged.
    """

    images: list[Image] = field(default_factory=list)
    linked: list[LinkedImage] = field(default_factory=list)
    undecodable: list[bytes] = field(default_factory=list)


def decode_images(items: Iterable[Texts]) -> DecodedImages:
    """The first text of each item that is a whole image.

    If none of them is, its links; and if it has none either, the first bytes, whatever they are.
    """
    decoded = DecodedImages()
    for texts in items:
        links = tuple(text.strip() for text in texts if is_link(text))
        image, is_whole = _best(texts, decoded.undecodable)
        if links and not is_whole:
            decoded.linked.append(LinkedImage(links, image))
        elif image is not None:
            decoded.images.append(image)
    return decoded


def _best(texts: Texts, undecodable: list[bytes]) -> tuple[Image | None, bool]:
    """The first whole image, and True; else the first bytes, if there are any, and False.

    The only text of an item is not read as a whole: the Inspection safeguard does that. All other
    data in place of the image is added to `undecodable`.
    """
    first: Image | None = None
    for text in texts:
        if is_link(text):
            continue
        try:
            image = Image(decode_base64(text))
        except ValueError:
            undecodable.append(text.encode(errors="replace"))
            continue
        if len(texts) == 1 or _is_whole(image):
            undecodable += [] if first is None else [first.data]
            return image, True
        undecodable += [] if first is None else [image.data]
        first = first or image
    return first, False


def _is_whole(image: Image) -> bool:
    """Whether all parts of the file are there. Takes up to 0.4 s."""
    try:
        read_layout(image)
    except UnreadableImage:
        return False
    return True
