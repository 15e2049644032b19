"""Runs a command that generates images: shows its progress, delivers and reports its images."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from application.jobs.job_handle import JobHandle
from domain.counts import count
from domain.errors import ArchiveUnavailable, Canceled, ChargeStatus
from domain.jobs import JobState
from domain.results import ImageResult
from domain.untrusted_text import several_lines
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.command_settings import command_settings
from entrypoints.cli.console import print_json
from entrypoints.cli.delivery import Delivery
from entrypoints.cli.previews import Previews
from entrypoints.cli.progress_display import follow_job
from entrypoints.cli.runner import exit_code
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE
from entrypoints.wire.image_results import Hints, structured_report, text_report
from entrypoints.wire.outputs import to_json
from entrypoints.wire.short_ids import short_id

CANCELED = EXIT_CODE_BY_CODE[Canceled.code]
WAITING = (
    "The request was already sent and may be billed. Waiting for its image; "
    "press Ctrl-C again to give it up."
)
GIVEN_UP = (
    "Gave up {id}. The request was sent and may be billed; its image is not saved here.\n"
    "To look at its outcome, run: gpt-image jobs show {id}"
)
NOT_CHARGED = "Canceled. Nothing was charged."


def run_job(
    start: Callable[..., Awaitable[JobHandle]],
    options: Mapping[str, Any],
    delivery: Delivery,
    *,
    env_file: Path | None,
) -> int:
    """Start a job, show its progress, deliver its images; return the exit code.

    After the request was sent, the first interrupt still waits for the image; the second does not.
    """
    started: list[JobHandle] = []

    async def run() -> int:
        _cancel_on_signals()
        prepared = delivery.prepare(options)
        async with run_application(command_settings(env_file), door="cli") as container:
            job = await start(container, **prepared)
            started.append(job)
            previews = Previews()
            images, code = await wait_for_images(job, container, delivery, previews)
            code = await _deliver(images, container, delivery, previews) or code
        stored = all(image.stored for image in images.images)
        return code if stored else EXIT_CODE_BY_CODE[ArchiveUnavailable.code]

    try:
        return exit_code(run(), options, as_json=delivery.as_json, file=delivery.report_file)
    except (KeyboardInterrupt, asyncio.CancelledError):
        if not any(map(_may_be_charged, started)):
            print(NOT_CHARGED, file=sys.stderr)
        return CANCELED


def _may_be_charged(job: JobHandle) -> bool:
    """Whether the interrupted job may have cost money; before it is sent, it does not."""
    record = job.snapshot
    is_free_failure = record.state is JobState.FAILED and record.charged is ChargeStatus.NO
    return not is_free_failure and record.state is not JobState.RESERVED


async def wait_for_images(
    job: JobHandle, container: Container, delivery: Delivery, previews: Previews
) -> tuple[ImageResult, int]:
    """Wait for the images; return them and the exit code so far.

    The first interrupt cancels a job that was not sent, which raises Canceled.
    """
    try:
        return await follow_job(job, container, delivery, previews), 0
    except asyncio.CancelledError:
        sent = job.snapshot.state is not JobState.RESERVED
    try:
        if sent:
            print(WAITING, file=sys.stderr, flush=True)
        return await job.result(), CANCELED
    except (asyncio.CancelledError, KeyboardInterrupt):  # the latter on Windows
        if sent:
            print(GIVEN_UP.format(id=job.job.id), file=sys.stderr, flush=True)
        raise


async def _deliver(
    images: ImageResult, container: Container, delivery: Delivery, previews: Previews
) -> int:
    """Save, report and open the images; return the exit code."""
    saved, code = delivery.save(images)
    kept = await previews.save(images, saved, container.save_previews())
    if delivery.as_json:
        facts = _facts(images, delivery, saved, kept)
        print_json(to_json(facts).decode(), file=delivery.report_file)
    elif not (delivery.quiet and delivery.target):
        can_edit = container.list_models()().can_edit
        places = [*map(str, saved), *kept]
        print(_report(images, places, can_edit=can_edit), file=delivery.report_file)
    delivery.open(images, saved)
    return code


def _facts(
    images: ImageResult, delivery: Delivery, saved: list[Path], kept: list[str]
) -> dict[str, object]:
    """The structured report; `files` has what -o saved, and `previews` the saved previews."""
    facts: dict[str, object] = msgspec.to_builtins(structured_report(images))
    if delivery.target is not None:
        facts["files"] = [str(path.absolute()) for path in saved]
    if kept:
        facts["previews"] = [str(Path(place).absolute()) for place in kept]
    return facts


def _report(images: ImageResult, saved: list[str], *, can_edit: bool) -> str:
    verb = "Reused" if images.is_cached else "Created"
    edit = f"To edit an image, run: gpt-image edit PROMPT -i {short_id(images.images[0].id)}"
    hints = Hints(new_image="For a new image, add --fresh.", edit=edit if can_edit else "")
    first_line = f"{verb} {count(len(images.images), 'image')}."
    text = text_report(first_line, images, structured_report(images), hints)
    return several_lines("\n".join([*(f"Saved {path}" for path in saved), text]))


def _cancel_on_signals() -> None:
    """Cancel the current task at each signal. A KeyboardInterrupt would hit any line instead."""
    task = asyncio.current_task()
    if os.name != "nt" and task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
