"""Which recorded answer a line gets, by what the client has said before."""

from collections.abc import Mapping
from json import dumps

from entrypoints.mcp.greeter.known_messages import (
    envelope_version,
    handshake_version,
    has_plain_params,
    is_initialized,
    is_request,
    read_members,
    shows_apps,
)

Answers = Mapping[str, Mapping[str, str]]
"""Results as JSON, by protocol version and by method; "" has those before the handshake."""
HANDSHAKE, ENVELOPE = "handshake", "envelope"
"""The two eras of MCP; the first request of a connection decides between them."""
OPENS = {HANDSHAKE: "initialize", ENVELOPE: "server/discover"}
"""The method that only the versions of an era have."""

UNKNOWN = "unknown"
TOOLS, TOOLS_WITH_APPS = "tools/list", "tools/list with apps"
"""Under which names the tools are recorded; the second one for clients that show MCP Apps."""


class Conversation:
    """One connection, from its first line to the first one that is not known.

    `kept` are the lines that the server must read later to be in the same state, in order: those
    that decide the era and the version, and notifications. `listed` is whether the client has the
    tools.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._era = ""
        self._version = ""
        self._shows_apps = False
        self.kept: list[bytes] = []
        self.listed = False

    def answer(self, line: bytes) -> bytes | None:
        """The line that answers this one, empty if it gets no answer; None if it is not known.

        After None, no other line may be answered: the server gets this one and all that follow.
        """
        if not self._answers:
            return None
        if not line.strip():
            return b""
        message = read_members(line)
        if message is None:
            return None
        if is_initialized(message):
            self.kept.append(line)
            return b""
        return self._reply(line, message) if is_request(message) else None

    def _reply(self, line: bytes, message: Mapping[str, object]) -> bytes | None:
        era, version = self._next_state(message)
        answers = self._answers.get(version, {})
        apps = shows_apps(message) or (era == HANDSHAKE and self._shows_apps)
        result = answers.get(_recorded(str(message["method"]), apps=apps))
        if result is None or (version and OPENS[era] not in answers):
            return None
        if (era, version) != (self._era, self._version):
            self._era, self._version, self._shows_apps = era, version, apps
            self.kept.append(line)
        self.listed = self.listed or message["method"] == TOOLS
        number = dumps(message["id"], ensure_ascii=False)
        return f'{{"jsonrpc":"2.0","id":{number},"result":{result}}}\n'.encode()

    def _next_state(self, message: Mapping[str, object]) -> tuple[str, str]:
        """The era and the version that the request is in; no known version if it is not known."""
        enveloped, wanted = envelope_version(message), handshake_version(message)
        if enveloped is not None and self._era != HANDSHAKE:
            return ENVELOPE, enveloped
        if wanted is not None and self._era != ENVELOPE and not self._version:
            return HANDSHAKE, wanted
        is_plain = message["method"] != "initialize" and has_plain_params(message)
        return HANDSHAKE, self._version if is_plain and self._era != ENVELOPE else UNKNOWN


def _recorded(method: str, *, apps: bool) -> str:
    return TOOLS_WITH_APPS if apps and method == TOOLS else method


def without_tools(answers: Answers) -> Answers:
    """The answers for a server whose settings may change what it lists."""
    lists = (TOOLS, TOOLS_WITH_APPS)
    return {
        version: {method: text for method, text in each.items() if method not in lists}
        for version, each in answers.items()
    }
