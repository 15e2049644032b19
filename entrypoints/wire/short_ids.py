"""IDs short enough for a table."""

SHORT_LENGTH = len("img_") + 8
"""Eight hex digits: two of a thousand images share them with a chance of one in 8,600."""


def short_id(full: str) -> str:
    """The beginning of a `job_…` or `img_…` ID. Commands accept it as long as it is unique."""
    return full[:SHORT_LENGTH]
