"""The command that finds out what an endpoint can do."""

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.deletion import yes_option
from entrypoints.cli.help_texts import examples

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput
    from entrypoints.config.settings import Settings

PROBE = "probe"
"""The name of the server at a URL that was typed; its key has this name too."""


def _is_url(target: str | None) -> bool:
    return target is not None and "://" in target


def _with_server(settings: "Settings", *, target: str | None, **_: Any) -> "Settings":  # noqa: ANN401 - the other options
    """The settings with the server at the URL as one of OPENAI_COMPATIBLE_URLS."""
    if target is None or not _is_url(target):
        return settings
    from domain.errors import InvalidRequest
    from entrypoints.config.setting_text import check_url

    try:
        check_url(target)
    except ValueError as error:
        raise InvalidRequest(f"{error}.", field="target") from None
    urls = f"{settings.openai_compatible_urls or ''} {PROBE}={target}"
    return settings.model_copy(update={"openai_compatible_urls": urls, "provider": "compatible"})


@query(adapt=_with_server)
@click.argument("target", required=False, metavar="[PROVIDER | URL]")
@click.option("--paid", is_flag=True, help="Also generate one small image, which may cost money.")
@click.option("--model", metavar="MODEL", help="The model of that image. [default: the provider's]")
@yes_option
@examples(
    "gpt-image probe",
    "gpt-image probe local --paid",
    "gpt-image probe http://localhost:8000/v1 --json",
)
async def probe(
    container: "Container", *, target: str | None, paid: bool, model: str | None, yes: bool
) -> "CommandOutput":
    """Find out what a provider's endpoint can do: list models, generate, edit, stream.

    Without --paid no image is requested. With it, one small image shows streams, sizes, formats
    and counted tokens; its estimate is shown first.
    """
    from entrypoints.wire.client_names import COMMAND_LINE
    from entrypoints.wire.probe_results import probe_result, probe_text

    name = PROBE if _is_url(target) else target
    use_case = container.probe_provider()
    found = await use_case(name)
    if paid:
        request, estimate = use_case.paid_request(name, model)
        if not yes:
            _confirm(str(request.model), estimate)
        found = await use_case.paid(found, request, client=COMMAND_LINE)
    return probe_text(found), probe_result(found)


def _confirm(model: str, estimate: Decimal | None) -> None:
    """Ask for the cost; raise InvalidRequest without a terminal, Canceled for a no."""
    from domain.errors import Canceled, InvalidRequest

    cost = "an unknown amount" if estimate is None else f"about ${estimate:.4f}"
    if not sys.stdin.isatty():
        raise InvalidRequest(
            f"The image of {model} may cost {cost}, and there is no terminal to ask at.",
            field="yes",
            hint="Add --yes to agree to the cost.",
        )
    if not click.confirm(f"An image of {model} may cost {cost}. Generate it?", err=True):
        raise Canceled("No image was requested.")
