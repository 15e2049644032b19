"""What the command `usage` does."""

from pathlib import Path

from entrypoints.bootstrap.container import Container
from entrypoints.cli.run_query import CommandOutput, print_answer
from entrypoints.wire.usage_results import usage_result, usage_text


def usage(*, days: int, as_json: bool, env_file: Path | None) -> int:
    """Run the command `usage`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        await container.recover_jobs()()  # a process may have been killed since the last look
        told = await container.report_usage()(days)
        return usage_text(told), usage_result(told)

    return print_answer(ask, as_json=as_json, env_file=env_file)
