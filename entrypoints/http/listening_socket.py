"""The listening sockets, and the system resources that it may use."""

import errno
import socket
from contextlib import suppress

from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.http.port_occupant import occupant

BACKLOG = 2048
MAX_UNSENT = 128 * 1024
"""Bytes of a response that the kernel buffers beyond those in flight. Without a limit it copies
megabytes for each client that does not read: 300 such clients took 1.1 GB, and with this 94 MB."""
MAX_CONNECTIONS = 1_000
"""Connections that are served at once."""
MIN_DESCRIPTORS = 4 * MAX_CONNECTIONS
"""For twice as many connections as are served, and for their files and upstream calls."""


LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
"""What `localhost` means. Some clients call the first of them only, others the second."""
NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)
"""How a system without IPv6, or without IPv4, refuses an address of that kind."""
MAX_PORT_TRIES = 20
"""Free ports of one address to try until one is free at the other address, too."""


def listen(settings: Settings) -> list[socket.socket]:
    """Sockets that listen on HOST and PORT, with the same port; at localhost one for each address.

    Raises SettingsError if that is impossible.
    """
    if settings.host.lower() != "localhost":
        return [_listen_or_explain(settings, settings.host.strip("[]"), settings.port)]
    for tries_left in reversed(range(MAX_PORT_TRIES)):
        try:
            return _listen_on_loopback(settings, retry=settings.port == 0 and tries_left > 0)
        except _PortTaken:
            continue
    raise AssertionError("the last try raises SettingsError")


class _PortTaken(Exception):
    """The free port of one address is taken at the other."""


def _listen_on_loopback(settings: Settings, *, retry: bool) -> list[socket.socket]:
    """One socket for each loopback address of this machine; _PortTaken only with `retry`."""
    sockets: list[socket.socket] = []
    try:
        for address in LOOPBACK_ADDRESSES:
            port = sockets[0].getsockname()[1] if sockets else settings.port
            try:
                sockets.append(_listen(address, port))
            except OSError as error:
                is_last = address == LOOPBACK_ADDRESSES[-1] and not sockets
                if error.errno in NO_SUCH_ADDRESS and not is_last:
                    continue
                if error.errno == errno.EADDRINUSE and sockets and retry:
                    raise _PortTaken from error
                raise _explained(error, settings, address, port) from error
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def _listen_or_explain(settings: Settings, address: str, port: int) -> socket.socket:
    try:
        return _listen(address, port)
    except OSError as error:
        raise _explained(error, settings, address, port) from error


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=BACKLOG)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # inherited by every connection
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT)
    return listener


def _explained(error: OSError, settings: Settings, address: str, port: int) -> SettingsError:
    reason = (error.strerror or str(error)).partition(" (while")[0]
    if error.errno == errno.EADDRINUSE:
        other = "Choose another port with --port or PORT; 0 picks a free one."
        advice = f"{occupant(address, port)}\n{other}"
    elif error.errno == errno.EACCES:
        advice = "Ports below 1024 often need more rights. Choose another with --port or PORT."
    else:
        advice = "HOST must be an address of this machine; localhost always is."
    shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return SettingsError(
        f"The server cannot listen on {shown} (HOST={settings.host}, PORT={settings.port}): "
        f"{reason}.\n{advice}"
    )


def allow_many_descriptors() -> None:
    """Raise the limit of open files to MIN_DESCRIPTORS if allowed; the usual 1,024 are too few."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        ceiling = MIN_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
        wanted = min(MIN_DESCRIPTORS, ceiling)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
