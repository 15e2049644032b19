"""Why a file is not opened."""


class Refused(Exception):
    """The text is the reason, as a sentence; it has nothing of what is in a file."""
