"""One HTTP call to a server, which may be abandoned midway, and its outcome."""

import json
import re
import socket
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import Any

from tests.chaos.canaries import TOKEN

Json = dict[str, Any]
CheckSecrets = Callable[[bytes], None]
TIMEOUT = 60.0
CHUNK = 16_384
ERROR_CODE = re.compile(r"\[Error (\w+)[;\]]")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended: with images, with an error code, or cut off.

    `images` are SHA-256 hex digests. `facts` is the reply as JSON, with long texts cut.
    """

    code: str | None = None
    images: tuple[str, ...] = ()
    facts: Json
    seconds: float
    bytes: int = 0
    cut: bool = False

    @property
    def succeeded(self) -> bool:
        return self.code is None and not self.cut

    @property
    def text(self) -> str:
        """The whole reply as JSON text."""
        return json.dumps(self.facts)


class HttpCall:
    """A POST of which the share `sent` was sent. The reply is read only on demand."""

    def __init__(
        self,
        port: int,
        path: str,
        body: Json,
        headers: Mapping[str, str],
        check_secrets: CheckSecrets,
        *,
        sent: float = 1.0,
    ) -> None:
        self._started = monotonic()
        self._check_secrets = check_secrets
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._connection.sock = self._socket
        self._response: HTTPResponse | None = None
        self.received = bytearray()
        data = json.dumps(body).encode()
        always = {"Authorization": f"Bearer {TOKEN}", "Content-Length": str(len(data))}
        always["Content-Type"] = "application/json"
        part = data[: round(len(data) * sent)]
        with suppress(ConnectionError):  # reading the reply reports it
            self._connection.request("POST", path, part, {**always, **headers})

    @property
    def response(self) -> HTTPResponse:
        """The response, once its head has arrived."""
        if self._response is None:
            self._response = self._connection.getresponse()
        return self._response

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Read until the received bytes satisfy `wanted`, or the reply has ended."""
        while not wanted(bytes(self.received)):
            chunk = self.response.read1(CHUNK)
            if not chunk:
                return
            self.received += chunk

    def disconnect(self) -> None:
        """Hang up at once."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._check_secrets(bytes(self.received))
        self._connection.close()
        if self._response is not None:
            self._response.close()
        self._socket.close()

    def outcome(self) -> Outcome:
        """Read to the end."""
        try:
            self.received += self.response.read()
        except (OSError, HTTPException):
            self.close()
            return Outcome(facts={}, seconds=monotonic() - self._started, cut=True)
        self.close()
        kind = (self.response.getheader("content-type") or "").partition(";")[0]
        facts = read_reply(kind, bytes(self.received))
        outcome = to_outcome(facts, self.response.status, monotonic() - self._started)
        return replace(outcome, bytes=len(self.received))


def read_reply(kind: str, body: bytes) -> Json:
    """The JSON of a reply; of a stream, the JSON of the last event."""
    if kind == "text/event-stream":
        frames = [each for each in body.replace(b"\r\n", b"\n").split(b"\n\n") if b"data: " in each]
        assert frames, f"a stream without events: {body[:500]!r}"
        body = frames[-1].partition(b"data: ")[2]
    else:
        assert kind in ("application/json", "application/problem+json"), (kind, body[:500])
    reply: Json = json.loads(body)
    return reply


def to_outcome(facts: Json, status: int, seconds: float) -> Outcome:
    """The outcome that a final reply of any entry point means."""
    code = _code(facts)
    assert code or status < 400, f"a bare {status}: {facts}"
    assert "error" not in facts or code, f"an error without a code: {facts}"
    images = () if code else tuple(map(_digest, _base64_images(facts)))
    return Outcome(code=code, images=images, facts=_cut_texts(facts), seconds=seconds)


def _code(facts: Json) -> str | None:
    if "code" in facts:
        return str(facts["code"])
    result = facts.get("result", {})
    if not result.get("isError"):
        return None
    text = result["content"][0]["text"]
    found = ERROR_CODE.search(text)
    assert found, f"an error without a code: {text}"
    return found[1]


def _base64_images(facts: Json) -> list[str]:
    """The base64 of the full-size images in a reply, whatever the entry point."""
    if facts.get("type") == "complete":
        data = facts["data"]
        return data.get("images") or [data["finalImage"]]
    if "result" in facts:
        content = facts["result"].get("content", [])
        shown = [each["shown"] for each in facts["result"]["structuredContent"]["images"]]
        texts = [each["data"] for each in content if each["type"] == "image"]
        return texts if {*shown} == {"full"} else []
    return [each["data"] for each in facts["images"] if "data" in each]


def _digest(text: str) -> str:
    return sha256(b64decode(text, validate=True)).hexdigest()


def _cut_texts(facts: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same JSON with long texts cut, for messages of failed tests."""
    if isinstance(facts, dict):
        return {name: _cut_texts(value) for name, value in facts.items()}
    if isinstance(facts, list):
        return [_cut_texts(value) for value in facts]
    return facts[:2000] if isinstance(facts, str) else facts
