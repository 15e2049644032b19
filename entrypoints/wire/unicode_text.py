"""Whether text can be encoded."""


def is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogate: half of a pair, which JSON can hold and UTF-8 not."""
    if text.isascii():  # a flag of the string, which costs nothing even for a large image
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
