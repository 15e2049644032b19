"""Forms of the page, read as the arguments that every other client sends."""

from urllib.parse import parse_qs

from domain.errors import InvalidRequest
from entrypoints.http.request_context import AnyRequest, body_of

MAX_FIELDS = 60
NUMBERS = frozenset({"n", "partialImages", "outputCompression"})
FLAGS = frozenset({"confirm", "fresh"})
LISTS = frozenset({"images"})


async def arguments_of(request: AnyRequest) -> dict[str, object]:
    """The fields of a form that are not empty, as arguments; raise InvalidRequest for no form."""
    body = await body_of(request)
    try:
        fields = parse_qs(body.decode(), max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidRequest(
            "The form cannot be read.", field="body", hint="Reload the page and try again."
        ) from error
    return {name: _argument(name, values) for name, values in fields.items()}


def _argument(name: str, values: list[str]) -> object:
    """A text that is no number stays one, so that the error names the field."""
    text = values[-1].replace("\r\n", "\n")  # browsers send the line breaks of forms so
    if name in LISTS:
        return values
    if name in NUMBERS and text.isascii() and text.isdecimal():
        return int(text[:9])
    return text == "true" if name in FLAGS else text
