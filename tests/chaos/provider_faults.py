"""The faults of a provider, in groups, and what each must come to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.chaos.oracles import Allowed
from tests.standin import Fault, body_faults, faults, stream_faults
from tests.standin.faults import status

TIMEOUT = 1.0
"""Seconds of PROVIDER_TIMEOUT in every case."""
TINY = "iVBORw0KGgo="
"""Base64 of the first eight bytes of a PNG, and no more of it."""


STRICTLY = Allowed()
MAYBE = Allowed(unknown=True, rubbish=True)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault, for as many POSTs as `script` is long; then the provider is well.

    `codes` are those that may come of it, and None is a picture. `within` is in seconds. It
    befalls calls of all shapes, or only those that are `streamed`, or only the others (False).
    """

    name: str
    script: tuple[Fault, ...]
    codes: tuple[str | None, ...]
    allowed: Allowed = STRICTLY
    arguments: Mapping[str, object] = field(default_factory=dict)
    within: float = 30.0
    leaves_rubbish: bool = False
    streamed: bool | None = None

    @property
    def small_script(self) -> list[Fault]:
        """The script, with tiny pictures where the fault is not about their size."""
        return [replace(fault, size=fault.size or (32, 32)) for fault in self.script]


def _row(name: str, fault: Fault, *codes: str | None, posts: int = 1, within: float = 30.0) -> Row:
    allowed = Allowed(posts=posts, unknown=True, rubbish=True)
    return Row(name=name, script=(fault,) * posts, codes=codes, allowed=allowed, within=within)


def _rubbish(name: str, fault: Fault, *codes: str | None, leaves: bool = True) -> Row:
    return Row(
        name=name,
        script=(fault,),
        codes=codes or ("bad_provider_reply", "outcome_unknown"),
        allowed=MAYBE,
        leaves_rubbish=leaves,
    )


def _odd(name: str, fault: Fault, *, streamed: bool | None = None, **arguments: object) -> Row:
    return Row(name=name, script=(fault,), codes=(None,), arguments=arguments, streamed=streamed)


def _replied(texts: str) -> Fault:
    headers = {"Content-Type": "application/json"}
    return status(200, body=f'{{"created": 1, "data": [{texts}]}}', headers=headers)


GROUPS: dict[str, tuple[Row, ...]] = {
    "P1 rate limits": (
        Row(
            name="429, Retry-After 1, once",
            script=(faults.rate_limited("1"),),
            codes=(None,),
            allowed=Allowed(posts=2),
            within=5.0,
        ),
        _row("429, Retry-After 1, twice", faults.rate_limited("1"), "rate_limited", posts=2),
        _row("429, Retry-After 300", faults.rate_limited("300"), "rate_limited", within=2.0),
        _row(
            "429, an HTTP date",
            faults.rate_limited("Wed, 21 Oct 2037 07:28:00 GMT"),
            "rate_limited",
        ),
        _row("429, garbage", faults.rate_limited("soon"), "rate_limited"),
        _row("429, nothing", faults.rate_limited(), "rate_limited"),
    ),
    "P2 refusals": (
        _row("429, quota used up", faults.quota_exhausted(), "quota_exhausted"),
        _row("401 that repeats the key", faults.bad_key(), "credentials_rejected"),
        _row("403", faults.organization_not_verified(), "not_permitted"),
        _row("404", faults.model_not_found(), "model_not_found"),
        _row("400 that repeats the key", status(400, message="Key {key}."), "request_refused"),
        _row("400, moderation", faults.moderation_blocked(), "content_refused"),
    ),
    "P3 statuses 5xx": (
        _row("500", status(500), "provider_failed"),
        _row("502, HTML", status(502, body="<html>Bad gateway</html>"), "provider_failed"),
        _row("503", status(503), "provider_failed"),
        _row("504", status(504), "provider_failed"),
        Row(
            name="503, x-should-retry: true",
            script=(status(503, headers={"x-should-retry": "true"}),) * 2,
            codes=("provider_failed", None),
            allowed=Allowed(posts=2),
        ),
        _row("500 that repeats the key", status(500, message="Key {key}."), "provider_failed"),
    ),
    "P5 cut lines": (
        _row("reset before the reply", faults.reset_before_reply(), "outcome_unknown"),
        _row("hang before headers", faults.hang(), "provider_timed_out", within=TIMEOUT + 1.0),
        _row("cut at 0 %", faults.reply_cut(0.0), "outcome_unknown"),
        _row("cut at 20 %", faults.reply_cut(0.2), "outcome_unknown"),
        _row("cut at 99 %", faults.reply_cut(0.99), "outcome_unknown", None),
    ),
    "P6 cut streams": (
        _row("cut after partial 1 of 3", faults.stream_cut_after(1), "outcome_unknown"),
        _row("cut after partial 2 of 3", faults.stream_cut_after(2), "outcome_unknown"),
        _row(
            "an error after partial 1", faults.stream_error(1), "outcome_unknown", "provider_failed"
        ),
        _row("cut after the picture", stream_faults.cut_after_images(), None, "outcome_unknown"),
        _odd("held open", stream_faults.held_open(), streamed=True),
        _row("an error after the picture", stream_faults.late_error(), None, "provider_failed"),
    ),
    "P7 rubbish": (
        _rubbish("half a JSON", faults.malformed_json()),
        _rubbish("an HTML page", faults.html_page()),
        _rubbish("no data", faults.empty_data()),
        _rubbish("null", faults.null_image()),
        _rubbish("broken base64", faults.broken_base64()),
        _rubbish("half a picture", faults.truncated_image()),
        Row(
            name="no body",
            script=(faults.no_body(),),
            codes=("bad_provider_reply", "outcome_unknown"),
            allowed=Allowed(unknown=True, empty=True),
        ),
        _rubbish("one byte", body_faults.garbage("x")),
        _rubbish("base64 of nothing", _replied('{"b64_json": ""}')),
        _rubbish("eight bytes of a PNG", _replied(json.dumps({"b64_json": TINY}))),
        _rubbish("a list of numbers", _replied("1, 2, 3")),
        _rubbish("base64 in lines", body_faults.wrapped_base64(), None, leaves=False),
    ),
    "P8 other pictures than asked": (
        _odd("a JPEG", faults.other_format("jpeg")),
        _odd("a WebP", faults.other_format("webp")),
        _odd("another size", body_faults.small(), size="1024x1024"),
        _odd("two for one", faults.other_count(2), streamed=False),
    ),
    "P8 other counts than asked": (
        _odd("two for four", faults.other_count(2), streamed=False, n=4),
        _odd("six for four", faults.other_count(6), streamed=False, n=4),
    ),
    "P9 renditions that fail": (
        _odd(
            "too wide for WebP",
            Fault(size=(16_384, 16), format="png"),
            format="webp",
        ),
    ),
}
"""P4 needs another endpoint, and P10 several calls: they stand by themselves."""
