"""Turns an async function into a command that runs it inside the application.

The function takes the container and its options by name, and imports what it needs when it runs.
"""

import functools
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.cli.options import env_file_option, json_option

if TYPE_CHECKING:  # a command loads these when it runs
    from application.jobs.job_handle import JobHandle
    from entrypoints.cli.runner import CommandOutput
    from entrypoints.config.settings import Settings

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended; click's own exit code is 1."""
Query = Callable[..., Awaitable["CommandOutput"]]
Adapt = Callable[..., "Settings"]
Start = Callable[..., Awaitable["JobHandle"]]


def query(
    group: click.Group | None = None,
    name: str | None = None,
    *,
    auto_provider: str = "auto",
    adapt: Adapt | None = None,
) -> Callable[[Query], click.Command]:
    """Make a command that prints the answer which the function returns.

    `auto_provider` is what PROVIDER=auto means for this command, whether or not a key is set.
    `adapt` changes the settings by the options of the command.
    """

    def decorate(answer: Query) -> click.Command:
        def run(*, as_json: bool, env_file: Path | None, **options: Any) -> None:  # noqa: ANN401 - options of any type
            with collector_paused():
                from entrypoints.cli.runner import run_query

            bound = functools.partial(answer, **options)
            sys.exit(
                run_query(
                    bound,
                    as_json=as_json,
                    env_file=env_file,
                    auto_provider=auto_provider,
                    adapt=adapt and functools.partial(adapt, **options),
                )
            )

        return _command(run, answer, group, name)

    return decorate


def job(start: Start) -> click.Command:
    """Make a command that shows the progress and the result of the job that the function starts."""

    def run(
        *,
        as_json: bool,
        env_file: Path | None,
        output: str | None,
        force: bool,
        open_: bool,
        quiet: bool,
        **options: Any,  # noqa: ANN401 - options of any type
    ) -> None:
        with collector_paused():
            from entrypoints.cli.delivery import Delivery
            from entrypoints.cli.job_runner import run_job

        delivery = Delivery.of(output, force=force, opens=open_, quiet=quiet, as_json=as_json)
        sys.exit(run_job(start, options, delivery, env_file=env_file))

    return _command(run, start)


def _command(
    run: Callable[..., None],
    wrapped: Callable[..., Any],
    group: click.Group | None = None,
    name: str | None = None,
) -> click.Command:
    def interruptible(**options: Any) -> None:  # noqa: ANN401 - options of any type
        try:
            run(**options)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    functools.update_wrapper(interruptible, wrapped)  # with its help text and its own options
    make = click.command if group is None else group.command
    command: click.Command = make(name)(json_option(env_file_option(interruptible)))
    return command
