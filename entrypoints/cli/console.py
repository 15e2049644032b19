"""What commands print: answers, JSON and errors, on consoles of any encoding."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console

from domain.errors import ImageServiceError, InvalidRequest
from domain.untrusted_text import several_lines, single_line
from entrypoints.cli.options import option_for
from entrypoints.wire.error_codes import as_dict, error_text

MAX_NAME = 200
"""Characters of what was typed as an image, in an error."""


def print_json(text: str, *, file: TextIO | None = None) -> None:
    """Print JSON; escape its letters if the console's encoding lacks one, so that none is lost."""
    file = file or sys.stdout
    try:
        text.encode(file.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        text = json.dumps(json.loads(text))
    print(text, file=file)


def print_error(
    error: ImageServiceError,
    options: Mapping[str, Any],
    *,
    as_json: bool,
    file: TextIO | None = None,
) -> None:
    """Print an error: for people on standard error, for programs to `file` or standard output."""
    if as_json:
        print_json(json.dumps({"error": as_dict(error)}), file=file)
        return
    if isinstance(error, InvalidRequest):
        error = _with_options(error, options)
    text = several_lines(error_text(error, field_label="option"))
    # The text is no markup; Rich's highlighter would take minutes for a word of 100,000 letters.
    console = Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)
    console.print(text, style="red")


def _with_options(error: InvalidRequest, options: Mapping[str, Any]) -> InvalidRequest:
    """The same error, with options instead of fields in each of its faults."""
    faults = [
        InvalidRequest(fault.message, field=fault.field, hint=fault.hint) for fault in error.faults
    ]
    for fault in faults:
        _name_option(fault, options)
    named = InvalidRequest.of(faults)
    named.code = error.code
    return named


def _name_option(error: InvalidRequest, options: Mapping[str, Any]) -> None:
    """Replace the field that the error names by its option, or by the file that was typed.

    A hint names the field before a value in quotes, as in `format "png"`.
    """
    field, option = error.field, option_for(error.field)
    files = {f"images[{at}]": name for at, name in enumerate(options.get("images", ()))}
    subject = single_line(files.get(field, ""), MAX_NAME) or option
    error.message = re.sub(rf"^{re.escape(field)}(?=[ :])", lambda _: subject, error.message)
    error.hint = re.sub(rf'\b{re.escape(field)}(?= ")', lambda _: option, error.hint)
    error.field = option
