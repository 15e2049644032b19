"""Which program has a port already."""

import json
from contextlib import closing

from domain.untrusted_text import single_line
from entrypoints.config.settings import APP

ANSWER_TIMEOUT = 1.0
"""Seconds to wait for the other program's next bytes."""
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing listens here
"""The address of this machine at which a server of all addresses can be called."""
MAX_ANSWER_BYTES = 4096
MAX_NAME_LENGTH = 60


def occupant(address: str, port: int) -> str:
    """What is known about the program that listens there, as a sentence."""
    from http.client import HTTPConnection, HTTPException

    address = EVERY_ADDRESS.get(address, address)
    try:
        with closing(HTTPConnection(address, port, timeout=ANSWER_TIMEOUT)) as connection:
            connection.request("GET", "/health")
            response = connection.getresponse()
            server, body = response.getheader("Server"), response.read(MAX_ANSWER_BYTES)
    except (OSError, HTTPException):
        return "Another program uses this port."
    if version := _our_version(body):
        return f"{APP} {version} uses this port already; clients can call it there."
    named = f", {single_line(server, MAX_NAME_LENGTH)}," if server else ""
    return f"Another program{named} answers HTTP requests on this port."


def _our_version(health: bytes) -> str | None:
    """The version in the answer to GET /health, if a server of this program sent it."""
    try:
        facts = json.loads(health)
    except ValueError:
        return None
    if not isinstance(facts, dict) or facts.get("service") != APP:
        return None
    return single_line(str(facts.get("version", "")), MAX_NAME_LENGTH) or "of another version"
