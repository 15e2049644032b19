"""Jobs as rows, and rows as records."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from adapters.records.recipe_text import recipe_text, to_recipe
from domain.errors import ChargeStatus, ImageServiceError, RecordedFailure, UnreadableImage
from domain.image import StoredRef
from domain.image_formats import Dimensions
from domain.job_records import JobRecord, StoredImage
from domain.jobs import Job, JobState
from domain.money.estimates import CallKind
from domain.money.token_estimates import input_images
from domain.requests import ImageRequest
from domain.results import MainlineUsage, ResultFacts, ResultImage, Usage

Values = dict[str, Any]

REQUEST_COLUMNS = frozenset(
    [
        *("id", "owner", "provider", "action", "model", "requested_model", "prompt", "fingerprint"),
        *("estimate_usd", "created_at", "requested_images", "conversation", "recipe"),
        *("size", "quality", "partial_images", "input_images", "client"),
    ]
)
"""What a row says of the request: it is written once, and all else with each state of the job."""

MAX_USD = 1_000_000_000
"""US dollars; no job costs that much. The comparison also rejects NaN."""
PLAIN_FACTS = [fact.name for fact in fields(ResultFacts) if fact.name not in {"usage", "notes"}]
"""Facts of a result that are stored unchanged in a column of the same name."""


def job_row(job: Job[ImageRequest], writer: str) -> Values:
    """The row of a job that this writer runs."""
    usage = job.usage
    mainline = usage and usage.mainline
    return {
        "id": job.id,
        "owner": job.owner,
        "provider": job.provider,
        "action": job.action,
        "model": job.model,
        "requested_model": job.requested_model,
        "prompt": job.request.prompt,
        "fingerprint": job.fingerprint,
        "state": job.state.value,
        "text_tokens_in": usage and usage.text_tokens_in,
        "image_tokens_in": usage and usage.image_tokens_in,
        "tokens_out": usage and usage.tokens_out,
        "cached_text_tokens_in": usage.cached_text_tokens_in if usage else 0,
        "cached_image_tokens_in": usage.cached_image_tokens_in if usage else 0,
        "mainline_tokens_in": mainline and mainline.tokens_in,
        "mainline_tokens_out": mainline and mainline.tokens_out,
        "mainline_cached_tokens_in": mainline and mainline.cached_tokens_in,
        "mainline_written_tokens_in": mainline and mainline.written_tokens_in,
        "cost_usd": to_text(job.cost),
        "estimate_usd": to_text(job.estimate),
        "created_at": to_utc_naive(job.created_at),
        "changed_at": utc_now(),
        "writer": writer,
        "handle": job.handle,
        "client": job.client or None,
        "requested_images": job.request.n,
        "delivered_images": len(job.images),
        **{name: getattr(job, name) for name in PLAIN_FACTS},
        "notes": json.dumps(job.notes),
        "conversation": _conversation(job),
        "recipe": recipe_text(job.recipe),
        **_cost_factors(job),
        **failure_values(job.failure),
    }


def _cost_factors(job: Job[ImageRequest]) -> Values:
    """What the cost of the job depends on, so that later estimates can compare it with others."""
    kind = CallKind.of(job)
    return {
        "size": kind.size,
        "quality": kind.quality,
        "partial_images": job.request.partial_images,
        "input_images": input_images(job.request),
    }


def _conversation(job: Job[ImageRequest]) -> str | None:
    options = job.request.conversation
    return None if options is None else str(options.id)


def failure_values(failure: ImageServiceError | None) -> Values:
    """The columns of a job's row that describe its failure."""
    if failure is None:  # clears the columns of an earlier failure that was wrong
        cleared = dict.fromkeys(("failure", "message", "hint"))
        return {**cleared, "retryable": 0, "charged": ChargeStatus.NO.value}
    return {
        "failure": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "retryable": int(failure.retryable),
        "charged": failure.charged.value,
    }


def image_rows(job: Job[ImageRequest]) -> list[Values]:
    """A row for each image of a job."""
    return [
        {
            "job_id": job.id,
            "position": at,
            "image_id": image.id,
            "owner": job.owner,
            "ref": image.stored and image.stored.ref,
            "bytes": len(image.image.data),
            "notes": json.dumps(image.notes),
            **_header(image),
        }
        for at, image in enumerate(job.images)
    ]


def to_record(row: Row[Any], images: Sequence[StoredImage]) -> JobRecord:
    """The record that a row of `jobs` holds, with its images; raise what UNREADABLE lists."""
    return JobRecord(
        id=row.id,
        owner=row.owner,
        action=row.action,
        provider=row.provider,
        model=row.model,
        requested_model=row.requested_model,
        prompt=row.prompt,
        fingerprint=row.fingerprint,
        state=JobState(row.state),
        charged=ChargeStatus(row.charged),
        created_at=row.created_at.replace(tzinfo=UTC),
        changed_at=row.changed_at.replace(tzinfo=UTC),
        requested_images=row.requested_images,
        **{name: getattr(row, name) for name in PLAIN_FACTS},
        notes=_notes(row.notes),
        usage=usage_of(row),
        cost=to_decimal(row.cost_usd),
        estimate=to_decimal(row.estimate_usd),
        failure=_failure(row),
        dismissed=bool(row.dismissed),
        recipe=to_recipe(row.recipe),
        images=tuple(images),
        conversation=row.conversation,
        repeated_at=_moment(row.repeated_at),
        handle=row.handle,
        size=row.size or "",
        quality=row.quality or "",
        client=row.client or "",
    )


def _moment(value: object) -> datetime | None:
    """A time that a record can do without; None for anything else that the database holds."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


def utc_now() -> datetime:
    """The current time in the form of the database."""
    return to_utc_naive(datetime.now(UTC))


def to_utc_naive(moment: datetime) -> datetime:
    """A time in the form of the database: in UTC, without a time zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def stored_ref(ref: str | None, size: int | None = None) -> StoredRef | None:
    """The place of a stored image of `size` bytes, None if there is none.

    A ref that is an absolute path is a file on this machine. A size of 0, which the first versions
    recorded, counts as unknown.
    """
    if not isinstance(ref, str) or "\0" in ref:  # the database can hold anything
        return None
    known = size if isinstance(size, int) and size > 0 else None
    return StoredRef(ref=ref, local_path=ref if Path(ref).is_absolute() else None, size=known)


def _header(image: ResultImage) -> Values:
    try:
        header = image.image.header
    except UnreadableImage:  # only a provider without the Inspection safeguard delivers it
        return {"format": "", "width": 0, "height": 0}
    size = header.dimensions
    return {"format": header.format.value, "width": size.width, "height": size.height}


def to_stored_image(row: Row[Any]) -> StoredImage:
    """The image that a row of `images` holds; raise what UNREADABLE lists."""
    return StoredImage(
        id=row.image_id,
        stored=stored_ref(row.ref),
        format=row.format,
        dimensions=Dimensions(row.width, row.height) if row.width else None,
        size=row.bytes,
        notes=_notes(row.notes),
    )


def _failure(row: Row[Any]) -> RecordedFailure | None:
    if row.failure is None:
        return None
    return RecordedFailure(
        row.message or "The job failed.",
        code=row.failure,
        hint=row.hint or "",
        retryable=bool(row.retryable),
        charged=ChargeStatus(row.charged),
    )


def usage_of(row: Row[Any]) -> Usage | None:
    """The tokens in a row of `jobs`."""
    if row.tokens_out is None:
        return None
    return Usage(
        text_tokens_in=row.text_tokens_in,
        image_tokens_in=row.image_tokens_in,
        tokens_out=row.tokens_out,
        cached_text_tokens_in=row.cached_text_tokens_in,
        cached_image_tokens_in=row.cached_image_tokens_in,
        mainline=mainline_of(row),
    )


def mainline_of(row: Row[Any]) -> MainlineUsage | None:
    """The tokens of a mainline model in a row, or their sums; None if there are none."""
    if row.mainline_tokens_in is None or row.mainline_tokens_out is None:
        return None
    return MainlineUsage(
        tokens_in=row.mainline_tokens_in,
        tokens_out=row.mainline_tokens_out,
        cached_tokens_in=row.mainline_cached_tokens_in or 0,
        written_tokens_in=row.mainline_written_tokens_in or 0,
    )


def _notes(text: str | None) -> tuple[str, ...]:
    notes = json.loads(text) if text else []
    if not (isinstance(notes, list) and all(isinstance(note, str) for note in notes)):
        raise ValueError("notes is no list of texts")
    return tuple(notes)


def to_text(amount: Decimal | None) -> str | None:
    """An exact amount of US dollars in the form of the database."""
    return None if amount is None else str(amount)


def to_decimal(text: str | None) -> Decimal | None:
    """An exact amount of US dollars from its text; raise ValueError or ArithmeticError."""
    amount = None if text is None else Decimal(text)
    if amount is not None and not 0 <= amount < MAX_USD:
        raise ValueError(f"{text!r} is no amount of US dollars")
    return amount
