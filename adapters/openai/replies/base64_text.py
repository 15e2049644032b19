"""Base64 of images: decoded from replies in all the forms that endpoints use, and encoded."""

import re
import string
from binascii import a2b_base64

import pybase64

DATA_URL = re.compile(r"\s{0,200}data:[^,]{0,200},", re.IGNORECASE)
BASE64_URL = re.compile(r"\s{0,200}data:[^,\s]{0,200};base64,", re.IGNORECASE)
URL_ESCAPES = {"%2B": "+", "%2F": "/", "%3D": "=", "%20": " ", "%0A": "\n", "%0D": "\r"}
WITHOUT_WHITESPACE = str.maketrans("", "", string.whitespace)
IMAGE_START = re.compile(r"\s{0,200}(iVBORw0KGgo|[/_]9j[/_]|UklGR)")
"""The beginning of a PNG, JPEG or WebP image in base64."""


def looks_like_image(text: str) -> bool:
    """Whether the text is a `data:` URL, or base64 that begins like an image."""
    return bool(DATA_URL.match(text) or IMAGE_START.match(text))


def is_surely_image(text: str) -> bool:
    """The same for a text of which nothing else says that it may be an image."""
    return bool(BASE64_URL.match(text) or IMAGE_START.match(text))


def encode_base64(data: bytes) -> str:
    """The bytes as base64 of the usual alphabet, in one line."""
    return pybase64.b64encode_as_string(data)


def decode_base64(text: str) -> bytes:
    """The bytes; raises ValueError for a text that is not base64."""
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:  # rare, so checking first would take longer
        return _decode_unusual_base64(text)


def _decode_unusual_base64(text: str) -> bytes:
    """Decode base64 in a data: URL, with line breaks, for URLs, without "=" or with too many."""
    if url := DATA_URL.match(text):
        text = _unescape(text[url.end() :])
    if not text.isascii():
        raise ValueError("not base64")
    digits = text.translate(WITHOUT_WHITESPACE).rstrip("=")
    if not digits:
        raise ValueError("empty")
    if "+" not in digits and "/" not in digits:  # a mixture of both alphabets is damage
        digits = digits.replace("-", "+").replace("_", "/")
    return a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)


def _unescape(text: str) -> str:
    """Replace the escapes of base64 in URLs; `unquote` takes 80 times a long text's memory."""
    for escape, character in URL_ESCAPES.items() if "%" in text else ():
        text = text.replace(escape, character).replace(escape.lower(), character)
    return text
