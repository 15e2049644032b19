"""Deleted images, and how to restore them, as text and as structured data."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from domain.counts import count
from domain.deletion import DeletionResult, MeasuredImage, TrashEntry
from domain.untrusted_text import single_line
from entrypoints.wire.outputs import DeleteImageResult

NONE_BEYOND = "The images take no more than that, or the oldest of them are younger than an hour."
MAX_LISTED = 10
"""Images that a text lists before a deletion; structured data has them all."""
MAX_PROMPT = 50
"""Characters of a prompt in a list: enough to recognize the image."""


class PruneCandidate(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An image that would be deleted."""

    id: str
    path: str
    made_at: str
    bytes: int


class PruneResult(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """What `images prune` deleted, or with `dryRun` would delete."""

    images: int = field(name="pictures")
    bytes: int
    dry_run: bool = False
    candidates: list[PruneCandidate] | UnsetType = UNSET
    undo: str | UnsetType = UNSET
    until: str | UnsetType = UNSET


class RestoreResult(Struct, kw_only=True):
    """The IDs of the images that are back."""

    restored: list[str]


class TrashedImageEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An image in the trash."""

    id: str
    path: str | UnsetType = UNSET
    prompt: str
    bytes: int
    deleted_at: str
    until: str


class TrashResult(Struct, kw_only=True):
    """What is in the trash, the latest deletion first."""

    trash: list[TrashedImageEntry]


class EmptyTrashResult(Struct, kw_only=True):
    """What was deleted from the trash for good."""

    images: int
    bytes: int


def deletion(image_id: str, deleted: DeletionResult, *, undo: str) -> DeleteImageResult:
    """A deleted image, with the call or the command that brings it back."""
    result = DeleteImageResult(id=image_id, bytes=deleted.bytes)
    if deleted.until is not None:
        result.undo, result.until = undo, _iso(deleted.until)
    return result


def deletion_text(what: str, deleted: DeletionResult, *, undo: str) -> str:
    """The same in words."""
    cost = (
        " The cost stays on record." if deleted.fingerprints else ""
    )  # of an upload, there is none
    if deleted.until is None:
        return f"Deleted {what} for good: {deleted.bytes:,} bytes.{cost}"
    return (
        f"Moved {what} to the trash: {deleted.bytes:,} bytes.{cost}\n"
        f"To undo until {local_time(deleted.until)}: {undo}"
    )


def prune_result(deleted: DeletionResult, *, undo: str) -> PruneResult:
    """How many images were deleted, and how to bring them back."""
    result = PruneResult(images=deleted.images, bytes=deleted.bytes)
    if deleted.until is not None:
        result.undo, result.until = undo, _iso(deleted.until)
    return result


def prune_candidates(found: Sequence[MeasuredImage]) -> PruneResult:
    """The images that would be deleted."""
    candidates = [
        PruneCandidate(
            id=each.image.id,
            path=str(each.stored),
            made_at=_iso(each.created_at),
            bytes=each.bytes,
        )
        for each in found
    ]
    return PruneResult(
        images=len(found),
        bytes=sum(each.bytes for each in found),
        dry_run=True,
        candidates=candidates,
    )


def prune_candidates_text(found: Sequence[MeasuredImage], *, by_size: bool = False) -> str:
    """The same in words: their number, their age, and the first ones."""
    if not found:
        return NONE_BEYOND if by_size else "No image is that old."
    size = sum(each.bytes for each in found)
    lines = [
        f"{count(len(found), 'image')}, {size:,} bytes, "
        f"from {_day(found[0].created_at)} to {_day(found[-1].created_at)}:"
    ]
    lines += [
        f"- {_day(each.created_at)} · {each.bytes:>11,} · {_file_name(str(each.stored))}"
        for each in found[:MAX_LISTED]
    ]
    if len(found) > MAX_LISTED:
        lines.append(f"- and {len(found) - MAX_LISTED:,} more")
    return "\n".join(lines)


def restored_text(ids: Sequence[str]) -> str:
    """Which images are back."""
    named = ", ".join(ids) if len(ids) <= MAX_LISTED else count(len(ids), "image")
    return f"Restored {named}."


def trash_result(entries: Iterable[TrashEntry]) -> TrashResult:
    """What is in the trash."""
    return TrashResult(trash=[_trash_entry(each) for each in entries])


def trash_text(entries: Sequence[TrashEntry], now: datetime) -> str:
    """The same in words, one line for each image."""
    if not entries:
        return "The trash is empty."
    lines = [f"{count(len(entries), 'image')} in the trash, the latest deletion first:"]
    lines += [
        f"- {each.image.id} · {_left(each.until, now)} · {each.bytes:,} bytes · "
        f"{single_line(each.prompt, MAX_PROMPT)}"
        for each in entries
    ]
    return "\n".join(lines)


def local_time(moment: datetime) -> str:
    """A time for people, in the time zone of this machine, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _trash_entry(entry: TrashEntry) -> TrashedImageEntry:
    return TrashedImageEntry(
        id=entry.image.id,
        path=str(entry.stored) if entry.stored else UNSET,
        prompt=entry.prompt[:200],
        bytes=entry.bytes,
        deleted_at=_iso(entry.deleted_at),
        until=_iso(entry.until),
    )


def _left(until: datetime, now: datetime) -> str:
    hours = int((until - now).total_seconds() // 3600)
    if hours < 0:
        return "expired"
    return f"{count(hours // 24, 'day')} left" if hours >= 24 else f"{count(hours, 'hour')} left"


def _file_name(ref: str) -> str:
    return single_line(ref.replace("\\", "/").rpartition("/")[2], 80)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d}"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
