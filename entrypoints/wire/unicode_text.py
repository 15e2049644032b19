"""Checks whether text can be encoded as UTF-8, and removes unseen characters around it."""

import re
from codecs import BOM_UTF8

UNSEEN = r"[\s\ufeff\u200b-\u200d\u2060\u00ad]+"
"""Blanks of every width, line breaks, byte order marks and characters of no width."""
EDGES = re.compile(rf"\A{UNSEEN}|{UNSEEN}\Z")


def is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogate, which JSON can escape but UTF-8 cannot encode."""
    if text.isascii():  # a flag of the string, which costs nothing even for a large image
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def without_bom(data: bytes) -> bytes:
    """JSON in UTF-8 without a byte order mark at its start, which RFC 8259 lets readers ignore."""
    return data.removeprefix(BOM_UTF8)


def without_edges(text: str) -> str:
    """The text without blanks and characters of no width around it."""
    return EDGES.sub("", text)
