"""What the commands below `images` do."""

import re
from datetime import timedelta
from pathlib import Path

from domain.errors import InvalidRequest
from entrypoints.bootstrap.container import Container
from entrypoints.cli.run_query import CommandOutput, print_answer
from entrypoints.wire.listings import listing, listing_text
from entrypoints.wire.outputs import DeleteImageResult, PruneResult

AGE = re.compile(r"(\d{1,6})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def list_images(*, limit: int, as_json: bool, env_file: Path | None) -> int:
    """Run the command `images list`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        await container.recover_jobs()()  # a process may have been killed since the last look
        listed = await container.list_images()(limit=limit)
        return listing_text(listed, limit), listing(listed, limit)

    return print_answer(ask, as_json=as_json, env_file=env_file)


def delete_image(id_: str, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `images delete`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        deleted = await container.delete_image()(id_)
        return f"Deleted {id_}: {deleted.bytes:,} bytes.", DeleteImageResult(
            id=id_, bytes=deleted.bytes
        )

    return print_answer(ask, as_json=as_json, env_file=env_file)


def prune(older_than: str, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `images prune`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        gone = await container.prune_images().older_than(_age(older_than))
        text = f"Deleted {gone.images} picture(s), {gone.bytes:,} bytes."
        return text, PruneResult(pictures=gone.images, bytes=gone.bytes)

    return print_answer(ask, as_json=as_json, env_file=env_file)


def _age(text: str) -> timedelta:
    told = AGE.fullmatch(text)
    if told is None:
        raise InvalidRequest(
            f"{text[:20]!r} is no age.", field="older-than", hint="Write 12h, 30d or 8w."
        )
    return int(told[1]) * UNITS[told[2]]
