"""The log has a line for every event, and no private data."""

import json

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from adapters.telemetry.log_sink import LogSink
from adapters.telemetry.log_writer import LogWriter
from domain.events import Finished, JobStarted
from tests.testkit.events import PROMPT, Ticks, every_event, images, job, publish_all
from tests.testkit.fakes import job_for

Lines = list[dict[str, object]]


def log_lines(capsys: pytest.CaptureFixture[str], *, prompts: bool = False) -> Lines:
    writer = LogWriter(level="debug")
    publish_all(LogSink(writer, prompts=prompts, clock=Ticks()), every_event())
    writer.close()
    output = capsys.readouterr()
    assert output.out == ""
    return [json.loads(line) for line in output.err.splitlines()]


def test_every_line_matches_its_snapshot(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    lines = log_lines(capsys)
    assert all(line.pop("timestamp") for line in lines)
    assert lines == snapshot.use_extension(JSONSnapshotExtension)


def test_every_event_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(log_lines(capsys)) == len(every_event())


def test_prompts_are_hashes_unless_enabled(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROMPT not in json.dumps(log_lines(capsys))
    start_lines = [
        line for line in log_lines(capsys, prompts=True) if line["event"] == "job started"
    ]
    assert {line["prompt"] for line in start_lines} == {PROMPT}


def test_an_incident_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = (line for line in log_lines(capsys) if line["level"] == "error")
    assert line["incident"] == "abc123"
    assert "ValueError: an unforeseen cause" in str(line["exception"])


def test_a_prompt_with_a_lone_surrogate_can_be_logged(capsys: pytest.CaptureFixture[str]) -> None:
    half = job_for()
    object.__setattr__(half.request, "prompt", "half \ud800")  # the domain rejects such a prompt
    writer = LogWriter(level="info")
    sink = LogSink(writer, prompts=True)
    sink.publish(JobStarted.of(half))
    LogSink(writer).publish(JobStarted.of(half))
    writer.close()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_state_of_ended_jobs_is_freed(capsys: pytest.CaptureFixture[str]) -> None:
    writer = LogWriter(level="info")
    sink = LogSink(writer, clock=Ticks())
    publish_all(sink, every_event())
    ended = job("job_generated")
    sink.publish(Finished(job_id=ended.id, result=images(ended)))
    writer.close()
    last = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert last["event"] == "job finished"
    assert "seconds" not in last
