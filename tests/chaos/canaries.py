"""Secrets that must never leak, in every form in which they could."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

KEY = "sk-canary/4d1f+0e9b7c2a=="
TOKEN = "token-canary/8c2e+5a61f0d7=="
"""Both have characters that a URL encodes."""


def spellings(secret: str) -> Iterator[bytes]:
    """As it is, URL-encoded, in JSON with escaped slashes, and in base64 at any offset."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield secret.replace("/", "\\/").encode()
    for lead in range(3):
        text = b64encode(bytes(lead) + secret.encode())
        first, last = (lead * 8 + 5) // 6, (lead + len(secret)) * 8 // 6
        yield text[first:last]


SPELLINGS = tuple(sorted({form for secret in (KEY, TOKEN) for form in spellings(secret)}))


def secrets_in(data: bytes) -> list[bytes]:
    """The spellings that are in the bytes."""
    return [form for form in SPELLINGS if form in data]
