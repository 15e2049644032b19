"""What a hostile or broken provider does, and what the server must make of it."""

import gzip
import json
import zlib
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass

from tests.standin.faults import Fault
from tests.standin.raw_faults import body, event, head, page, raw, redirect, refusal, stream
from tests.testkit.fakes import small_image

IMAGE = small_image("teal", (32, 32))
OTHER = small_image("plum", (32, 32))
BASE64 = b64encode(IMAGE.data).decode()
USAGE = {"input_tokens": 10, "output_tokens": 20, "input_tokens_details": {"image_tokens": 0}}
DONE = {"type": "image_generation.completed", "b64_json": BASE64, "usage": USAGE}
PREVIEW = {"type": "image_generation.partial_image", "b64_json": BASE64, "partial_image_index": 0}
REPLY = json.dumps({"data": [{"b64_json": BASE64}], "usage": USAGE}).encode()
KEYS = "{key} {key64} {key%}"
TERMINAL = "\x1b[2J\x9b31m\x07\x7f\u202egnp.exe\u2066"
ERROR = {"message": "No.", "code": "invalid_value"}


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """One behavior, and the outcome: the code is None for the image, `charged` for errors.

    `streamed`: only for requests with previews (True), or only for those without (False).
    `texts` must be in the reply.
    """

    name: str
    fault: Fault
    code: str | None
    charged: str = "maybe"
    streamed: bool | None = None
    texts: tuple[str, ...] = ()

    @property
    def shapes(self) -> tuple[bool, ...]:
        """Whether the request asks for previews: both forms where both are of use."""
        return (False, True) if self.streamed is None else (self.streamed,)


def _refused(name: str, fault: Fault, *texts: str, code: str = "request_refused") -> Behavior:
    return Behavior(name=name, fault=fault, code=code, charged="no", texts=texts)


def _timed_out(name: str, fault: Fault, *, streamed: bool | None = None) -> Behavior:
    return Behavior(name=name, fault=fault, code="provider_timed_out", streamed=streamed)


def _unknown(name: str, fault: Fault, *, streamed: bool | None = None) -> Behavior:
    return Behavior(name=name, fault=fault, code="outcome_unknown", streamed=streamed)


def _bad(name: str, fault: Fault, *, charged: str = "maybe") -> Behavior:
    return Behavior(
        name=name, fault=fault, code="bad_provider_reply", charged=charged, streamed=False
    )


def _image(name: str, fault: Fault, *texts: str, streamed: bool | None = False) -> Behavior:
    return Behavior(name=name, fault=fault, code=None, streamed=streamed, texts=texts)


def redirects(stranger: str) -> list[Behavior]:
    """Redirects in every form; `stranger` is another server's base URL."""
    places = {
        "another host": stranger,
        "itself": "/v1/images/generations",
        "a dead host": "http://127.0.0.1:1/x",
        "no URL": "http://[::1",
        "a file": "file:///etc/passwd",
        "a URL with the key": "http://localhost/{key}?{key}",
    }
    return [
        *(_refused(f"{code}", redirect(code, stranger), "status") for code in (301, 302, 303, 308)),
        *(_refused(f"307 to {name}", redirect(307, place)) for name, place in places.items()),
        *(_refused(f"{code} without a location", redirect(code)) for code in (300, 304, 307)),
    ]


ENDLESS = [
    _timed_out("silence", raw(b"", endless=b"")),
    _timed_out("interim answers", raw(b"", endless=b"HTTP/1.1 102 Processing\r\n\r\n")),
    _timed_out("early hints", raw(b"", endless=b"HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n")),
    _timed_out("headers", raw(b"HTTP/1.1 200 OK\r\n", endless=b"x-a: b\r\n", pause=0.1)),
    _timed_out("a status line", raw(b"HTTP/1.1 2", endless=b"0", pause=0.1)),
    _timed_out("blanks before JSON", raw(head(200, "content-length: 99999"), endless=b" ")),
    _timed_out("a string", raw(head(200, "content-length: 99999") + b'{"data": "', endless=b"x")),
    _timed_out("chunks", raw(head(200, "transfer-encoding: chunked"), endless=b"1\r\n \r\n")),
    _timed_out("comments", stream(endless=b": keep\n\n"), streamed=True),
    _timed_out("blank lines", stream(endless=b"\n"), streamed=True),
    _timed_out("events of no use", stream(endless=event({"type": "ping"})), streamed=True),
    _timed_out("the lines of one event", stream(endless=b"data: x\n"), streamed=True),
    _timed_out("one line", stream(b"data: ", endless=b"x"), streamed=True),
    _timed_out("previews", stream(endless=event(PREVIEW)), streamed=True),
    _refused("a refusal", raw(head(400, "content-length: 99999"), endless=b" ")),
    _refused(
        "a 401", raw(head(401, "content-length: 9999"), endless=b"{"), code="credentials_rejected"
    ),
    _refused("a redirect", raw(head(307, "content-length: 99999"), endless=b" ")),
    Behavior(
        name="a 500",
        fault=raw(head(500, "content-length: 99999"), endless=b" "),
        code="provider_failed",
    ),
    _image("an image, then comments", stream(event(DONE), endless=b":\n\n"), streamed=True),
    _image("a reply, then silence", raw(head(200, "content-length: 99999") + REPLY, endless=b"")),
    _image("a reply, then blanks", raw(head(200, "content-length: 99999") + REPLY, endless=b" ")),
]
"""Each of these goes on until the server hangs up."""

ECHOES = [
    _refused("a message", refusal({"message": KEYS}), "[hidden]"),
    _refused("a message in parts", refusal({"message": "{key}{key64}" * 500}), "[hidden]"),
    _refused("a code", refusal({"message": "x", "code": KEYS, "type": KEYS, "param": KEYS})),
    _refused("no JSON", body(KEYS.encode(), code=400)),
    _refused("a header", refusal(ERROR, "x-request-id: {key}"), "[hidden]"),
    _refused("a retry", refusal(ERROR, "retry-after: {key}", code=429), code="rate_limited"),
    _refused(
        "moderation",
        refusal(
            {
                "message": KEYS,
                "code": "moderation_blocked",
                "moderation_details": {"moderation_stage": "{key}", "categories": KEYS.split()},
            }
        ),
        "[hidden]",
        code="content_refused",
    ),
    _unknown("an error event", stream(event({"error": {"message": KEYS}})), streamed=True),
    _unknown("half an event", stream(b"data: {key} {key64}"), streamed=True),
    _bad("a page", body(b"<html>{key} {key64} {key%}</html>", kind="text/html")),
    _bad("an undecodable image", page({"data": [{"b64_json": KEYS}]})),
    _bad("an image of the key", page({"data": [{"b64_json": "{key64}"}]})),
    _image(
        "a revised prompt",
        page({"data": [{"b64_json": BASE64, "revised_prompt": f"A hill. {KEYS}"}]}),
        "A hill. [hidden]",
    ),
    _image(
        "beside the image", page({"data": [{"b64_json": BASE64}], "x": KEYS}, "x-request-id: {key}")
    ),
    _image(
        "a preview", stream(event({**PREVIEW, "b64_json": "{key64}"}), event(DONE)), streamed=True
    ),
    _image("a cookie", page({"data": [{"b64_json": BASE64}]}, "set-cookie: a={key}; path=/")),
]

TEXTS = [
    _refused("terminal codes", refusal({"message": TERMINAL}), "?[2J?31m"),
    _refused("markup", refusal({"message": "[red]x[/red] [link=file:///]y"}), "[red]x[/red]"),
    _refused("a long message", refusal({"message": "x" * 500_000})),
    _refused(
        "long categories",
        refusal(
            {
                "code": "moderation_blocked",
                "moderation_details": {"categories": ["x" * 99_999] * 9},
            }
        ),
        code="content_refused",
    ),
    _refused(
        "a character set that inflates",
        body(zlib.compress(b" " * 10**8), code=400, kind="text/html; charset=zlib"),
    ),
    _refused("a character set that is none", body(b"x", code=400, kind="text/html; charset=rot13")),
    _image(
        "a revised prompt of terminal codes",
        page({"data": [{"b64_json": BASE64, "revised_prompt": f"One\ntwo {TERMINAL}"}]}),
        "One\\ntwo ?[2J",
    ),
    _image(
        "a cookie that cannot be sent",
        page({"data": [{"b64_json": BASE64}]}, "set-cookie: a=\xe9\udcff"),
    ),
]
"""Texts that are long, or that a terminal or a library would act on."""

ENCODINGS = [
    _image("gzip", body(gzip.compress(REPLY), "content-encoding: gzip")),
    _image("deflate", body(zlib.compress(REPLY), "content-encoding: deflate")),
    _image("gzip twice", body(gzip.compress(gzip.compress(REPLY)), "content-encoding: gzip, gzip")),
    _image("an unknown encoding", body(REPLY, "content-encoding: rot13")),
    _unknown("no gzip", body(REPLY, "content-encoding: gzip"), streamed=False),
    _unknown(
        "half a gzip",
        body(gzip.compress(REPLY)[:99], "content-encoding: gzip", "content-length: 999"),
        streamed=False,
    ),
    _refused("a refusal that is no gzip", body(b"{}", "content-encoding: gzip", code=400)),
]

BASE64_FORMS = [
    _image(
        "without padding",
        page(
            {
                "data": [
                    {
                        "b64_json": b64encode(IMAGE.data + b"\0" * (1 + -len(IMAGE.data) % 3))
                        .decode()
                        .rstrip("=")
                    }
                ]
            }
        ),
    ),
    _image("for URLs", page({"data": [{"b64_json": urlsafe_b64encode(IMAGE.data).decode()}]})),
    _image("a data: URL", page({"data": [{"b64_json": f"data:image/png;base64,{BASE64}"}]})),
    _image("a data: URL in url", page({"data": [{"url": f"DATA:image/png;base64,{BASE64}"}]})),
]

STREAMS = [
    _image("a BOM", stream(b"\xef\xbb\xbf" + event(DONE)), streamed=True),
    _image("a JSON text", stream(REPLY), streamed=True),
    _image("another content type", body(event(DONE), kind="application/json"), streamed=True),
    _image("CR as line ends", stream(event(DONE).replace(b"\n", b"\r")), streamed=True),
    _image("no end of the event", stream(event(DONE).rstrip()), streamed=True),
    _image("a hundred previews", stream(event(PREVIEW) * 100, event(DONE)), streamed=True),
    _image(
        "an index beyond all",
        stream(event({**PREVIEW, "partial_image_index": 2**60}), event(DONE)),
        streamed=True,
    ),
    Behavior(
        name="a flat error",
        fault=stream(event({"type": "error", "code": "moderation_blocked", "message": "flat"})),
        code="content_refused",
        charged="no",
        streamed=True,
    ),
    Behavior(
        name="an error by its kind",
        fault=stream(b"event: error\n" + event({"code": "moderation_blocked", "message": "flat"})),
        code="content_refused",
        charged="no",
        streamed=True,
    ),
    _unknown("nothing", stream(), streamed=True),
    _unknown("two replies", stream(b"HTTP/1.1 200 OK\r\n\r\n"), streamed=True),
]

STATUSES = [
    _unknown("101", raw(head(101, "upgrade: x", "connection: upgrade"))),
    _bad("204", raw(head(204))),
    _bad("206 without a body", body(b"", code=206)),
    _refused("418", body(b"", code=418)),
    _unknown("no HTTP", raw(b"SSH-2.0-OpenSSH\r\n")),
    _unknown("HTTP/0.9", raw(REPLY)),
    _unknown("two lengths", raw(head(200, "content-length: 1", "content-length: 2") + b"{}")),
    Behavior(name="599", fault=body(b"", code=599), code="provider_failed"),
]

COUNTS = [
    _image(
        "tokens beyond all",
        page(
            {
                "data": [{"b64_json": BASE64}],
                "usage": {"input_tokens": 10**15, "output_tokens": 10**15},
            }
        ),
    ),
    _image(
        "a hundred images",
        page(
            {
                "data": [
                    {"b64_json": b64encode(IMAGE.data + bytes([n])).decode()} for n in range(100)
                ]
            }
        ),
        "100 images",
    ),
]

BEHAVIORS = [*ENDLESS, *ECHOES, *TEXTS, *ENCODINGS, *BASE64_FORMS, *STREAMS, *STATUSES, *COUNTS]
"""All but the redirects, which need another server."""
