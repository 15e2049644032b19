"""The commands about jobs. None of them spends money."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.suggestions import StoredId

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput

LIMIT = click.IntRange(1, 1000)


@click.group()
@examples("gpt-image jobs list", "gpt-image jobs show job_01234567")
def jobs() -> None:
    """List jobs that are unfinished or of unknown outcome; show or dismiss one."""


@query(jobs, "list")
@click.option("--recent", is_flag=True, help="Also list jobs that ended, and dismissed ones.")
@click.option(
    "--limit",
    type=LIMIT,
    metavar="N",
    default=100,
    show_default=True,
    help="Number of jobs.",
)
@examples("gpt-image jobs list")
async def jobs_list(container: "Container", *, recent: bool, limit: int) -> "CommandOutput":
    """List jobs that are unfinished or whose outcome is unknown, the newest first."""
    from entrypoints.wire.job_results import jobs_text
    from entrypoints.wire.listings import listed_job

    await container.recover_jobs()()  # a process may have been killed since the last command
    found = await container.list_jobs()(limit=limit, ended=recent)
    return jobs_text(found, ended=recent), {"jobs": [listed_job(record) for record in found]}


@query(jobs, "show")
@click.argument("id_", type=StoredId("jobs"), metavar="ID")
@examples("gpt-image jobs show job_0123456789abcdef0123456789abcdef")
async def jobs_show(container: "Container", *, id_: str) -> "CommandOutput":
    """Show everything that is known of a job: by its job_… ID, whole or short, or the last."""
    from entrypoints.wire.job_results import job_text
    from entrypoints.wire.listings import listed_job

    await container.recover_jobs()()  # a process may have been killed since the last command
    record = await container.get_job()(await container.find_job()(id_))
    return job_text(record), listed_job(record)


@query(jobs, "dismiss")
@click.argument("ids", type=StoredId("jobs"), metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Dismiss all jobs of unknown outcome.")
@examples("gpt-image jobs dismiss job_01234567")
async def jobs_dismiss(
    container: "Container", *, ids: tuple[str, ...], every: bool
) -> "CommandOutput":
    """Leave jobs of unknown outcome out of the lists. The records and `usage` keep them."""
    from domain.counts import count
    from domain.errors import InvalidRequest

    if bool(ids) == every:
        raise InvalidRequest(
            "Either IDs of jobs or --all must be given.",
            field="ID",
            hint="`gpt-image jobs list` shows the IDs.",
        )
    await container.recover_jobs()()  # a process may have been killed since the last command
    dismiss, find = container.dismiss_jobs(), container.find_job()
    whole = [await find(id_, newest=False) for id_ in ids]
    number = await (dismiss.all() if every else dismiss(whole))
    text = f"Dismissed {count(number, 'job')}. The records and `gpt-image usage` keep them."
    return text, {"dismissed": number}
