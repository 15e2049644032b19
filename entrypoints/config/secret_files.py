"""Secrets in files: Docker, Kubernetes and systemd pass them to a process by path."""

from dataclasses import dataclass
from pathlib import Path

MAX_SECRET_BYTES = 64 * 1024
"""No key or token is that long; a larger file is another file."""


@dataclass(frozen=True, slots=True)
class UnreadableSecret:
    """A secret that a variable names and that cannot be read; `reason` is for people."""

    reason: str


def read_secret(path: Path) -> str | UnreadableSecret:
    """The text in the file, with the blanks around it."""
    try:
        if path.is_dir():
            return UnreadableSecret(
                f"{path} is a folder. Docker creates one if the file to mount does not exist"
            )
        if not path.exists():
            return UnreadableSecret(f"There is no file {path}")
        if not path.is_file():
            return UnreadableSecret(f"{path} is not a regular file")
        if path.stat().st_size > MAX_SECRET_BYTES:
            return UnreadableSecret(f"{path} has more than {MAX_SECRET_BYTES:,} bytes")
        text = decode(path.read_bytes())
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        return UnreadableSecret(f"{path} cannot be read: {reason}")
    return text if text.strip() else UnreadableSecret(f"{path} is empty")


def decode(data: bytes) -> str:
    """The text of a settings file: UTF-8, UTF-16 as PowerShell writes it, or UTF-32.

    UTF-16 needs no byte order mark if its first character is of ASCII. Bytes of no such text become
    replacement characters.
    """
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return data.decode("utf-32", errors="replace")
    if 0 in data[:2] and any(data[:2]):
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")
