"""Jobs into rows, and rows into records."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from domain.errors import Charged, PastFailure, StudioError, UnreadableImage
from domain.image_formats import Dimensions
from domain.job_records import JobRecord, KeptPicture
from domain.jobs import Job, JobState
from domain.requests import PictureRequest
from domain.results import Picture, Usage

Values = dict[str, Any]


def job_row(job: Job[PictureRequest], writer: str) -> Values:
    """The row of a job, as this writer knows it."""
    usage = job.usage
    return {
        "id": job.id,
        "owner": job.owner,
        "provider": job.provider,
        "action": job.action,
        "model": job.request.model or job.card.name,
        "asked_model": job.asked_model,
        "prompt": job.request.prompt,
        "fingerprint": job.fingerprint,
        "state": job.state.value,
        "request_id": job.request_id,
        "text_tokens_in": usage and usage.text_tokens_in,
        "image_tokens_in": usage and usage.image_tokens_in,
        "tokens_out": usage and usage.tokens_out,
        "cached_text_tokens_in": usage.cached_text_tokens_in if usage else 0,
        "cached_image_tokens_in": usage.cached_image_tokens_in if usage else 0,
        "cost_usd": _written(job.cost),
        "estimate_usd": _written(job.estimate),
        "created_at": naive(job.created_at),
        "changed_at": now(),
        "writer": writer,
        "asked_pictures": job.request.n,
        "made_pictures": len(job.pictures),
        "revised_prompt": job.revised_prompt,
        "notes": json.dumps(job.notes),
        **failure_values(job.failure),
    }


def failure_values(failure: StudioError | None) -> Values:
    """How a job failed, if it did, as columns of its row."""
    if failure is None:  # also where an earlier end turned out to be wrong
        nothing = dict.fromkeys(("failure", "message", "hint"))
        return {**nothing, "retryable": 0, "charged": Charged.NO.value}
    return {
        "failure": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "retryable": int(failure.retryable),
        "charged": failure.charged.value,
    }


def picture_rows(job: Job[PictureRequest]) -> list[Values]:
    """A row for each picture of a job."""
    return [
        {
            "job_id": job.id,
            "position": at,
            "picture_id": picture.id,
            "owner": job.owner,
            "place": picture.place,
            "bytes": len(picture.image.data),
            "notes": json.dumps(picture.notes),
            **_header(picture),
        }
        for at, picture in enumerate(job.pictures)
    ]


def record(row: Row[Any], kept: Sequence[Row[Any]]) -> JobRecord:
    """What a row of `jobs` and its rows of `pictures` say."""
    return JobRecord(
        id=row.id,
        owner=row.owner,
        action=row.action,
        provider=row.provider,
        model=row.model,
        asked_model=row.asked_model,
        prompt=row.prompt,
        fingerprint=row.fingerprint,
        state=JobState(row.state),
        charged=Charged(row.charged),
        created_at=row.created_at.replace(tzinfo=UTC),
        changed_at=row.changed_at.replace(tzinfo=UTC),
        asked_pictures=row.asked_pictures,
        request_id=row.request_id,
        revised_prompt=row.revised_prompt,
        notes=_notes(row.notes),
        usage=usage_of(row),
        cost=amount(row.cost_usd),
        estimate=amount(row.estimate_usd),
        failure=_failure(row),
        pictures=tuple(map(_kept, kept)),
    )


def now() -> datetime:
    """The present moment as the database has it."""
    return naive(datetime.now(UTC))


def naive(moment: datetime) -> datetime:
    """As the database has moments: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _header(picture: Picture) -> Values:
    try:
        header = picture.image.header
    except UnreadableImage:  # which only a provider without Inspected around it brings here
        return {"format": "", "width": 0, "height": 0}
    size = header.dimensions
    return {"format": header.format.value, "width": size.width, "height": size.height}


def _kept(row: Row[Any]) -> KeptPicture:
    return KeptPicture(
        id=row.picture_id,
        place=row.place,
        format=row.format,
        dimensions=Dimensions(row.width, row.height) if row.width else None,
        size=row.bytes,
        notes=_notes(row.notes),
    )


def _failure(row: Row[Any]) -> PastFailure | None:
    if row.failure is None:
        return None
    return PastFailure(
        row.message or "The job failed.",
        code=row.failure,
        hint=row.hint or "",
        retryable=bool(row.retryable),
        charged=Charged(row.charged),
    )


def usage_of(row: Row[Any]) -> Usage | None:
    """The tokens that a row of `jobs` tells."""
    if row.tokens_out is None:
        return None
    return Usage(
        text_tokens_in=row.text_tokens_in,
        image_tokens_in=row.image_tokens_in,
        tokens_out=row.tokens_out,
        cached_text_tokens_in=row.cached_text_tokens_in,
        cached_image_tokens_in=row.cached_image_tokens_in,
    )


def _notes(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _written(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def amount(text: str | None) -> Decimal | None:
    """An exact amount of US dollars, which the database has as text."""
    return None if text is None else Decimal(text)
