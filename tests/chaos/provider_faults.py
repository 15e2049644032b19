"""The faults of a provider, in groups, with the allowed outcomes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.chaos.oracles import Allowed
from tests.standin import Fault, body_faults, faults, stream_faults
from tests.standin.faults import status

TIMEOUT = 1.0
"""Seconds of PROVIDER_TIMEOUT in every case."""
TINY = "iVBORw0KGgo="
"""Base64 of only the first eight bytes of a PNG."""


NO_EXCEPTION = Allowed()
MAYBE_CHARGED = Allowed(unknown=True, invalid_reply=True)


@dataclass(frozen=True, kw_only=True)
class FaultCase:
    """One fault, for as many POSTs as `script` has items; then the provider works again.

    `codes` are the allowed outcomes, where None is an image. `within` is in seconds. The fault
    applies to all calls, only to those that are `streamed`, or only to the others (False).
    """

    name: str
    script: tuple[Fault, ...]
    codes: tuple[str | None, ...]
    allowed: Allowed = NO_EXCEPTION
    arguments: Mapping[str, object] = field(default_factory=dict)
    within: float = 30.0
    is_quarantined: bool = False
    streamed: bool | None = None

    @property
    def small_script(self) -> list[Fault]:
        """The script, with tiny images unless the fault is about their size."""
        return [replace(fault, size=fault.size or (32, 32)) for fault in self.script]


def _case(
    name: str, fault: Fault, *codes: str | None, posts: int = 1, within: float = 30.0
) -> FaultCase:
    allowed = Allowed(posts=posts, unknown=True, invalid_reply=True)
    return FaultCase(
        name=name, script=(fault,) * posts, codes=codes, allowed=allowed, within=within
    )


def _invalid(name: str, fault: Fault, *codes: str | None, quarantined: bool = True) -> FaultCase:
    return FaultCase(
        name=name,
        script=(fault,),
        codes=codes or ("bad_provider_reply", "outcome_unknown"),
        allowed=MAYBE_CHARGED,
        is_quarantined=quarantined,
    )


def _deviation(
    name: str, fault: Fault, *, streamed: bool | None = None, **arguments: object
) -> FaultCase:
    return FaultCase(
        name=name, script=(fault,), codes=(None,), arguments=arguments, streamed=streamed
    )


def _raw_data(texts: str) -> Fault:
    headers = {"Content-Type": "application/json"}
    return status(200, body=f'{{"created": 1, "data": [{texts}]}}', headers=headers)


GROUPS: dict[str, tuple[FaultCase, ...]] = {
    "rate limits": (
        FaultCase(
            name="429, Retry-After 1, once",
            script=(faults.rate_limited("1"),),
            codes=(None,),
            allowed=Allowed(posts=2),
            within=5.0,
        ),
        _case("429, Retry-After 1, twice", faults.rate_limited("1"), "rate_limited", posts=2),
        _case("429, Retry-After 300", faults.rate_limited("300"), "rate_limited", within=2.0),
        _case(
            "429, an HTTP date",
            faults.rate_limited("Wed, 21 Oct 2037 07:28:00 GMT"),
            "rate_limited",
        ),
        _case("429, garbage", faults.rate_limited("soon"), "rate_limited"),
        _case("429, nothing", faults.rate_limited(), "rate_limited"),
    ),
    "refusals": (
        _case("429, quota exhausted", faults.quota_exhausted(), "quota_exhausted"),
        _case("401 that repeats the key", faults.bad_key(), "credentials_rejected"),
        _case("403", faults.organization_not_verified(), "not_permitted"),
        _case("404", faults.model_not_found(), "model_not_found"),
        _case("400 that repeats the key", status(400, message="Key {key}."), "request_refused"),
        _case("400, moderation", faults.moderation_blocked(), "content_refused"),
    ),
    "statuses 5xx": (
        _case("500", status(500), "provider_failed"),
        _case("502, HTML", status(502, body="<html>Bad gateway</html>"), "provider_failed"),
        _case("503", status(503), "provider_failed"),
        _case("504", status(504), "provider_failed"),
        FaultCase(
            name="503, x-should-retry: true",
            script=(status(503, headers={"x-should-retry": "true"}),) * 2,
            codes=("provider_failed", None),
            allowed=Allowed(posts=2),
        ),
        _case("500 that repeats the key", status(500, message="Key {key}."), "provider_failed"),
    ),
    "cut connections": (
        _case("reset before the reply", faults.reset_before_reply(), "outcome_unknown"),
        _case("hang before headers", faults.hang(), "provider_timed_out", within=TIMEOUT + 1.0),
        _case("cut at 0 %", faults.reply_cut(0.0), "outcome_unknown"),
        _case("cut at 20 %", faults.reply_cut(0.2), "outcome_unknown"),
        _case("cut at 99 %", faults.reply_cut(0.99), "outcome_unknown", None),
    ),
    "cut streams": (
        _case("cut after partial 1 of 3", faults.stream_cut_after(1), "outcome_unknown"),
        _case("cut after partial 2 of 3", faults.stream_cut_after(2), "outcome_unknown"),
        _case(
            "an error after partial 1", faults.stream_error(1), "outcome_unknown", "provider_failed"
        ),
        _case("cut after the image", stream_faults.cut_after_images(), None, "outcome_unknown"),
        _deviation("held open", stream_faults.held_open(), streamed=True),
        _case("an error after the image", stream_faults.late_error(), None, "provider_failed"),
    ),
    "invalid replies": (
        _invalid("half a JSON", faults.malformed_json()),
        _invalid("an HTML page", faults.html_page()),
        _invalid("no data", faults.empty_data()),
        _invalid("null", faults.null_image()),
        _invalid("broken base64", faults.broken_base64()),
        _invalid("half an image", faults.truncated_image()),
        FaultCase(
            name="no body",
            script=(faults.no_body(),),
            codes=("bad_provider_reply", "outcome_unknown"),
            allowed=Allowed(unknown=True, empty=True),
        ),
        _invalid("one byte", body_faults.garbage("x")),
        _invalid("base64 of nothing", _raw_data('{"b64_json": ""}')),
        _invalid("eight bytes of a PNG", _raw_data(json.dumps({"b64_json": TINY}))),
        _invalid("a list of numbers", _raw_data("1, 2, 3")),
        _invalid("base64 in lines", body_faults.wrapped_base64(), None, quarantined=False),
    ),
    "other images than requested": (
        _deviation("a JPEG", faults.other_format("jpeg")),
        _deviation("a WebP", faults.other_format("webp")),
        _deviation("another size", body_faults.small(), size="1024x1024"),
        _deviation("two for one", faults.other_count(2), streamed=False),
    ),
    "other counts than requested": (
        _deviation("two for four", faults.other_count(2), streamed=False, n=4),
        _deviation("six for four", faults.other_count(6), streamed=False, n=4),
    ),
    "renditions that fail": (
        _deviation(
            "too wide for WebP",
            Fault(size=(16_384, 16), format="png"),
            format="webp",
        ),
    ),
}
"""test_circuit_breaker.py tests providers that are unreachable or fail repeatedly."""
