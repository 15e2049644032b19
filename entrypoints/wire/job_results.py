"""Jobs in words, for people at a terminal."""

from collections.abc import Sequence

from domain.counts import count
from domain.job_records import JobRecord
from domain.jobs import JobState
from domain.local_times import local_time
from domain.money.amounts import dollars
from domain.untrusted_text import single_line
from entrypoints.wire.error_codes import CHARGE_TEXT
from entrypoints.wire.listings import STATE_TEXT

WIDTH = 80
INDENT = "  "
ENDED_TEXT = {JobState.STORED: "finished", JobState.FAILED: "failed"}
SHORT_STATES = {**ENDED_TEXT, JobState.UNKNOWN: "outcome unknown"}


def jobs_text(records: Sequence[JobRecord], *, ended: bool) -> str:
    """Two lines of at most 80 columns for each job, and what to do about them."""
    if not records:
        return "No jobs." if ended else "No jobs are unfinished or of unknown outcome."
    lines = [line for record in records for line in _two_lines(record)]
    unknown = [each for each in records if each.state is JobState.UNKNOWN and not each.dismissed]
    if unknown:
        lines += [
            f"{count(len(unknown), 'job')} of unknown outcome may have been billed.",
            "More about one: gpt-image jobs show ID",
            "Seen: gpt-image jobs dismiss ID, or --all",
        ]
    return "\n".join(lines)


def job_text(record: JobRecord) -> str:
    """Everything that the records have of a job, and the next step."""
    facts = [
        ("job", record.id),
        ("state", _state(record)),
        ("request", f"{record.action} with {single_line(record.model, WIDTH)}"),
        ("prompt", single_line(record.prompt, 1000)),
        ("created", local_time(record.created_at)),
        ("changed", local_time(record.changed_at)),
        ("cost", _cost(record)),
        *_failure_facts(record),
        *(("image", f"{each.id} · {each.stored or 'not stored'}") for each in record.images),
        ("provider ID", record.request_id or ""),
        *(("note", note) for note in record.notes),
        ("next", _next_step(record)),
    ]
    return "\n".join(f"{name:<12}{fact}" for name, fact in facts if fact)


def _two_lines(record: JobRecord) -> tuple[str, str]:
    state = SHORT_STATES.get(record.state, "unfinished")
    when, cost = local_time(record.created_at), _short_cost(record)
    prompt = single_line(record.prompt, WIDTH - len(INDENT) - 1)
    return f"{record.id}{INDENT}{state:<15}{INDENT}{when[5:]}{INDENT}{cost}", INDENT + prompt


def _state(record: JobRecord) -> str:
    text = STATE_TEXT.get(record.state) or ENDED_TEXT[record.state]
    return f"{text} (dismissed)" if record.dismissed else text


def _short_cost(record: JobRecord) -> str:
    if record.cost is not None:
        return dollars(record.cost)
    if record.state is JobState.FAILED and record.charged.value == "no":
        return "-"
    return "unknown" if record.estimate is None else f"≈ {dollars(record.estimate, up=True)}"


def _cost(record: JobRecord) -> str:
    if record.cost is not None:
        return dollars(record.cost)
    if record.state is JobState.FAILED and record.charged.value == "no":
        return "nothing"
    if record.estimate is None:
        return "unknown"
    return f"unknown, estimated ≈ {dollars(record.estimate, up=True)}"


def _failure_facts(record: JobRecord) -> list[tuple[str, str]]:
    failure = record.failure
    if failure is None:
        return []
    return [
        ("error", f"{failure.code}: {single_line(failure.message, 1000)}"),
        ("charged", CHARGE_TEXT[record.charged]),
    ]


def _next_step(record: JobRecord) -> str:
    if record.is_open:
        return "Wait: the image is stored when the job is finished."
    if record.state is JobState.UNKNOWN and not record.dismissed:
        hint = single_line(record.failure.hint, 1000) if record.failure else ""
        return f"{hint} Then run: gpt-image jobs dismiss {record.id}".strip()
    if record.failure is not None:
        return single_line(record.failure.hint, 1000)
    return (
        f"To edit an image, run: gpt-image edit PROMPT -i {record.images[0].id}"
        if (record.images)
        else ""
    )
