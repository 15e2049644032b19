"""The socket that clients come to, and how much of the system it may use."""

import socket
from contextlib import suppress

from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http.connection_limits import Connection

BACKLOG = 2048
UNSENT = 128 * 1024
"""Bytes of an answer that the system takes beyond what is on its way. Without a limit it copies
megabytes for each client that does not read: 300 of them took 1.1 GB, and with this 94 MB."""
MIN_DESCRIPTORS = 4 * Connection.max_connections
"""For twice as many connections as are served, and the files and calls behind them."""


def listen(settings: Settings) -> socket.socket:
    """A socket that listens on HOST and PORT; raise SettingsError if there can be none."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=BACKLOG
        )
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise SettingsError(
            f"The server cannot listen with HOST={settings.host} and PORT={settings.port}: "
            f"{reason}.\nHOST must be an address of this machine, and PORT one that no other "
            "program has; 0 takes a free one."
        ) from error
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # every connection inherits it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    return listener


def allow_many_descriptors() -> None:
    """As many as a full house needs, where the system lets us: its usual 1,024 are too few."""
    with suppress(ImportError, ValueError, OSError):  # Windows knows no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MIN_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
        if soft < min(MIN_DESCRIPTORS, most):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(MIN_DESCRIPTORS, most), hard))
