"""The listening socket, and the system resources that it may use."""

import socket
from contextlib import suppress

from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http.connection_limits import Connection

BACKLOG = 2048
MAX_UNSENT = 128 * 1024
"""Bytes of a response that the kernel buffers beyond those in flight. Without a limit it copies
megabytes for each client that does not read: 300 such clients took 1.1 GB, and with this 94 MB."""
MIN_DESCRIPTORS = 4 * Connection.max_connections
"""For twice as many connections as are served, and for their files and upstream calls."""


def listen(settings: Settings) -> socket.socket:
    """A socket that listens on HOST and PORT; raise SettingsError if that is impossible."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=BACKLOG
        )
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise SettingsError(
            f"The server cannot listen with HOST={settings.host} and PORT={settings.port}: "
            f"{reason}.\nHOST must be an address of this machine, and PORT must not be in use; "
            "PORT=0 picks a free one."
        ) from error
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # inherited by every connection
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT)
    return listener


def allow_many_descriptors() -> None:
    """Raise the limit of open files to MIN_DESCRIPTORS if allowed; the usual 1,024 are too few."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        ceiling = MIN_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
        wanted = min(MIN_DESCRIPTORS, ceiling)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
