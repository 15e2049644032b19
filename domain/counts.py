"""Numbers of things, in words."""


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 image`, `2 images`; `plural` is for nouns whose plural is not formed with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
