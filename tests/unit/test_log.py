"""The log tells what happened, and nothing that is nobody's business."""

import io
import json
import os
import sys
import time

import pytest

from adapters.events.log import LogSink
from domain.errors import CacheUnavailable, InternalError
from domain.events import CacheTierFailed, Failed, JobDispatched, JobStarted
from domain.provider_errors import RateLimited
from domain.requests import GenerateRequest
from tests.fakes import job_for

SECRET = "sk-very-secret"


class Text:
    """Text over bytes that holds nothing back, so that nothing is left to fail at the end."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())

    def flush(self) -> None:
        self._stream.flush()


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    said = capsys.readouterr()
    assert said.out == ""
    assert SECRET not in said.err
    return [json.loads(line) for line in said.err.splitlines()]


def test_a_job_is_told_with_its_prompt_as_a_hash(capsys: pytest.CaptureFixture[str]) -> None:
    sink = LogSink(level="info")
    job = job_for(GenerateRequest(prompt="my private idea", model="fake-1"))
    sink.publish(JobStarted(job_id=job.id, job=job))
    sink.publish(JobDispatched(job_id=job.id))
    sink.close()
    (line,) = told(capsys)
    assert line["job"] == job.id
    assert "private" not in json.dumps(line)


def test_a_failure_is_told_by_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    sink = LogSink(level="warning")
    sink.publish(Failed(job_id="job_1", error=RateLimited("Not now.")))
    sink.close()
    (line,) = told(capsys)
    assert (line["level"], line["code"]) == ("warning", "rate_limited")


def test_a_cache_tier_that_fails_is_a_warning_that_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sink = LogSink(level="warning")
    sink.publish(CacheTierFailed(error=CacheUnavailable("The disk is gone.")))
    sink.close()
    (line,) = told(capsys)
    assert (line["level"], line["reason"]) == ("warning", "The disk is gone.")


def test_an_incident_is_told_with_its_trace_and_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    incident = InternalError("abc123")
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError as error:
        incident.__cause__ = error
    sink = LogSink(level="error", hidden=[SECRET])
    sink.publish(Failed(job_id="job_1", error=incident))
    sink.close()
    (line,) = told(capsys)
    assert line["incident"] == "abc123"
    assert "ValueError: refused [hidden]" in str(line["exception"])


def test_lines_come_in_order_and_all_of_them_before_close_returns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sink = LogSink(level="debug")
    for number in range(500):
        sink.publish(JobDispatched(job_id=f"job_{number}"))
    sink.close()
    sink.publish(JobDispatched(job_id="too late"))
    assert [line["job"] for line in told(capsys)] == [f"job_{number}" for number in range(500)]


def test_a_prompt_with_half_a_character_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    job = job_for()
    object.__setattr__(job.request, "prompt", "half \ud800")  # the core lets none be made
    sink = LogSink(level="info")
    sink.publish(JobStarted(job_id=job.id, job=job))
    sink.close()
    assert len(told(capsys)) == 1


def test_nobody_waits_for_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb", buffering=0) as stream:
        monkeypatch.setattr(sys, "stderr", Text(stream))
        sink = LogSink(level="debug")
        started = time.monotonic()
        for number in range(5_000):
            sink.publish(JobDispatched(job_id=f"job_{number}"))
        sink.close()
        assert time.monotonic() - started < 5
        os.close(reader)  # frees the thread that writes
        sink.close()


@pytest.mark.parametrize("state", ["broken", "closed", "missing"])
def test_a_standard_error_that_is_gone_is_nobodys_error(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "wb", buffering=0)
    if state == "closed":
        stream.close()
    text = None if state == "missing" else Text(stream)
    monkeypatch.setattr(sys, "stderr", text)
    sink = LogSink(level="debug")
    for _ in range(3):
        sink.publish(JobDispatched(job_id="job_1"))
    sink.close()
    stream.close()
