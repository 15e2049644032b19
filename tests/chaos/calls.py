"""One call to a server, which may be left in the middle; what came of it."""

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
LookedAt = Callable[[bytes], None]
PATIENCE = 60.0
PIECE = 16_384
ERROR_CODE = re.compile(r"\[Error (\w+)[;\]]")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended: with pictures, with the code of a failure, or cut off without an end."""

    code: str | None = None
    pictures: tuple[str, ...] = ()
    facts: Json
    seconds: float
    bytes: int = 0
    cut: bool = False

    @property
    def painted(self) -> bool:
        return self.code is None and not self.cut

    @property
    def words(self) -> str:
        """All that was said, as JSON."""
        return json.dumps(self.facts)


class HttpCall:
    """A POST of which the share `sent` was sent. Nothing is read before somebody asks for it."""

    def __init__(
        self,
        port: int,
        path: str,
        body: Json,
        headers: Mapping[str, str],
        looked_at: LookedAt,
        *,
        sent: float = 1.0,
    ) -> None:
        self._begun = monotonic()
        self._looked_at = looked_at
        self._line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.sock = self._line
        self._response: HTTPResponse | None = None
        self.came = bytearray()
        data = json.dumps(body).encode()
        always = {"Authorization": f"Bearer {TOKEN}", "Content-Length": str(len(data))}
        always["Content-Type"] = "application/json"
        part = data[: round(len(data) * sent)]
        with suppress(ConnectionError):  # whoever reads the answer finds out
            self._connection.request("POST", path, part, {**always, **headers})

    @property
    def response(self) -> HTTPResponse:
        """The answer, once its head has come."""
        if self._response is None:
            self._response = self._connection.getresponse()
        return self._response

    def read_until(self, wanted: Callable[[bytes], object]) -> None:
        """Read until what came is as wanted, or all has come."""
        while not wanted(bytes(self.came)):
            piece = self.response.read1(PIECE)
            if not piece:
                return
            self.came += piece

    def leave(self) -> None:
        """Hang up at once, whatever has come."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._looked_at(bytes(self.came))
        self._connection.close()
        if self._response is not None:
            self._response.close()
        self._line.close()

    def outcome(self) -> Outcome:
        """Read to the end."""
        try:
            self.came += self.response.read()
        except (OSError, HTTPException):
            self.close()
            return Outcome(facts={}, seconds=monotonic() - self._begun, cut=True)
        self.close()
        kind = (self.response.getheader("content-type") or "").partition(";")[0]
        facts = read_answer(kind, bytes(self.came))
        outcome = outcome_of(facts, self.response.status, monotonic() - self._begun)
        return replace(outcome, bytes=len(self.came))


def read_answer(kind: str, body: bytes) -> Json:
    """The JSON of an answer; of a stream of events, that of the last one."""
    if kind == "text/event-stream":
        frames = [each for each in body.replace(b"\r\n", b"\n").split(b"\n\n") if b"data: " in each]
        assert frames, f"a stream without events: {body[:500]!r}"
        body = frames[-1].partition(b"data: ")[2]
    else:
        assert kind in ("application/json", "application/problem+json"), (kind, body[:500])
    answer: Json = json.loads(body)
    return answer


def outcome_of(facts: Json, status: int, seconds: float) -> Outcome:
    """What any door's last words mean."""
    code = _code(facts)
    assert code or status < 400, f"a bare {status}: {facts}"
    assert "error" not in facts or code, f"an error without a code: {facts}"
    pictures = () if code else tuple(map(_digest, _texts(facts)))
    return Outcome(code=code, pictures=pictures, facts=_without_pictures(facts), seconds=seconds)


def _code(facts: Json) -> str | None:
    if "code" in facts:
        return str(facts["code"])
    result = facts.get("result", {})
    if not result.get("isError"):
        return None
    said = result["content"][0]["text"]
    found = ERROR_CODE.search(said)
    assert found, f"an error without a code: {said}"
    return found[1]


def _texts(facts: Json) -> list[str]:
    """The base64 of the pictures that are whole in the answer, whichever door gave it."""
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


def _without_pictures(facts: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same with long texts cut, for messages of failed tests and for looking into."""
    if isinstance(facts, dict):
        return {name: _without_pictures(value) for name, value in facts.items()}
    if isinstance(facts, list):
        return [_without_pictures(value) for value in facts]
    return facts[:2000] if isinstance(facts, str) else facts
