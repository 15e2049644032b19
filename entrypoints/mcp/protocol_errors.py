"""Errors of requests that have no result to carry them: resources, prompts and completions."""

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from domain.errors import ImageServiceError, InvalidRequest, NotFound
from domain.untrusted_text import single_line
from entrypoints.wire.error_codes import as_dict
from entrypoints.wire.incidents import log_incident

MAX_URI = 200
"""Characters of a URI that an error repeats."""


@contextmanager
def protocol_errors(uri: str | None = None) -> Iterator[None]:
    """Raise every error of the block as an MCPError; the message says what to do next.

    What is invalid or not found is INVALID_PARAMS in all protocol versions, as the SDK has it;
    `data` has the `uri` that was read, and the error's code and hint.
    """
    try:
        yield
    except MCPError:
        raise
    except ImageServiceError as error:
        raise _to_protocol_error(error, uri) from error
    except Exception as error:
        raise _to_protocol_error(log_incident(error), uri) from error


def _to_protocol_error(error: ImageServiceError, uri: str | None) -> MCPError:
    callers_fault = isinstance(error, InvalidRequest | NotFound)
    read = {} if uri is None else {"uri": single_line(uri, MAX_URI)}
    return MCPError(
        INVALID_PARAMS if callers_fault else INTERNAL_ERROR,
        " ".join(filter(None, (error.message, error.hint))),
        {**as_dict(error), **read},
    )
