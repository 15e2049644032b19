"""Base64 of images, as the API sends and takes it."""

import pybase64


def encode(data: bytes) -> str:
    """The bytes as base64 in one line."""
    return pybase64.b64encode_as_string(data)


def decode(text: str) -> bytes:
    """The bytes; raises ValueError for a text that is not base64.

    The API's base64 has the usual alphabet; a proxy may have changed it to the one of URLs.
    """
    if "-" in text or "_" in text:
        return pybase64.urlsafe_b64decode(text)
    return pybase64.b64decode(text, validate=True)
