"""The log tells what happened, and nothing that is nobody's business."""

import json

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from adapters.telemetry.log_sink import LogSink
from adapters.telemetry.log_writer import LogWriter
from domain.events import Finished, JobStarted
from tests.testkit.events import PROMPT, Ticks, every_event, images, job, publish_all
from tests.testkit.fakes import job_for

Told = list[dict[str, object]]


def told(capsys: pytest.CaptureFixture[str], *, prompts: bool = False) -> Told:
    lines = LogWriter(level="debug")
    publish_all(LogSink(lines, prompts=prompts, clock=Ticks()), every_event())
    lines.close()
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


def test_every_line_is_as_it_was_reviewed(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    lines = told(capsys)
    assert all(line.pop("timestamp") for line in lines)
    assert lines == snapshot.use_extension(JSONSnapshotExtension)


def test_every_event_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(told(capsys)) == len(every_event())


def test_prompts_are_hashes_unless_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROMPT not in json.dumps(told(capsys))
    starts = [line for line in told(capsys, prompts=True) if line["event"] == "job started"]
    assert {line["prompt"] for line in starts} == {PROMPT}


def test_an_incident_is_told_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = (line for line in told(capsys) if line["level"] == "error")
    assert line["incident"] == "abc123"
    assert "ValueError: an unforeseen cause" in str(line["exception"])


def test_a_prompt_with_half_a_character_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    half = job_for()
    object.__setattr__(half.request, "prompt", "half \ud800")  # the core lets none be made
    lines = LogWriter(level="info")
    sink = LogSink(lines, prompts=True)
    sink.publish(JobStarted.of(half))
    LogSink(lines).publish(JobStarted.of(half))
    lines.close()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_nothing_is_kept_of_jobs_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LogWriter(level="info")
    sink = LogSink(lines, clock=Ticks())
    publish_all(sink, every_event())
    again = job("job_generated")
    sink.publish(Finished(job_id=again.id, result=images(again)))
    lines.close()
    last = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert last["event"] == "job finished"
    assert "seconds" not in last
