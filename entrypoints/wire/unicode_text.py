"""Checks whether text can be encoded as UTF-8."""


def is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogate, which JSON can escape but UTF-8 cannot encode."""
    if text.isascii():  # a flag of the string, which costs nothing even for a large image
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
