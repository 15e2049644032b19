"""The log tells what happened, and nothing that is nobody's business."""

import json

import pytest

from adapters.events.log import LogSink
from domain.errors import InternalError
from domain.events import Failed, JobDispatched, JobStarted
from domain.provider_errors import RateLimited
from domain.requests import GenerateRequest
from tests.fakes import job_for

SECRET = "sk-very-secret"


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
    (line,) = told(capsys)
    assert line["job"] == job.id
    assert "private" not in json.dumps(line)


def test_a_failure_is_told_by_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    LogSink(level="warning").publish(Failed(job_id="job_1", error=RateLimited("Not now.")))
    (line,) = told(capsys)
    assert (line["level"], line["code"]) == ("warning", "rate_limited")


def test_an_incident_is_told_with_its_trace_and_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    incident = InternalError("abc123")
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError as error:
        incident.__cause__ = error
    LogSink(level="error", hidden=[SECRET]).publish(Failed(job_id="job_1", error=incident))
    (line,) = told(capsys)
    assert line["incident"] == "abc123"
    assert "ValueError: refused [hidden]" in str(line["exception"])
