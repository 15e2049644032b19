"""The built files of the front end."""

from pathlib import Path

FOLDER = Path(__file__).parent / "dist"


def read_asset(name: str) -> bytes:
    """The bytes of a built file, such as `page.js`; raise FileNotFoundError for another name."""
    return (FOLDER / name).read_bytes()
