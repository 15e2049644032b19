"""The options of a command together with those of its preset."""

from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

from domain.errors import InvalidRequest
from entrypoints.bootstrap.container import Container
from entrypoints.cli.input_files import read_prompt


async def with_preset(
    container: Container, prompt: str | None, options: Mapping[str, Any], *, has_images: bool
) -> dict[str, Any]:
    """The arguments of the tool: the preset's prompt and options, and those of the command.

    The command's options win. Raises InvalidRequest for a preset or values that cannot be used,
    and click's error if there is neither a prompt nor a preset.
    """
    own = {name: value for name, value in options.items() if name not in ("preset", "set_")}
    preset, given = options["preset"], options["set_"]
    more = "" if prompt is None else read_prompt(prompt)
    if preset is None:
        if prompt is None:
            raise click.MissingParameter(param_hint="'PROMPT'", param_type="argument")
        _check_no_values(given)
        return {**own, "prompt": more}
    expanded = await container.expand_preset()(
        preset, _values(given), has_images=has_images, more=more
    )
    chosen = {name: value for name, value in own.items() if value is not None}
    return {**expanded.options, **chosen, "prompt": expanded.prompt}


def _values(given: Sequence[str]) -> dict[str, str]:
    values = dict[str, str]()
    for text in given:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or name in values:
            problem = "is set twice" if sign else "is not NAME=VALUE"
            raise InvalidRequest(
                f"{(name if sign else text)[:80]!r} {problem}.",
                field="arguments",
                hint="Write, for example, --set name=Northwind.",
            )
        values[name] = value
    return values


def _check_no_values(given: Sequence[str]) -> None:
    if given:
        raise InvalidRequest(
            "--set needs a preset.", field="arguments", hint="Name one with --preset."
        )
