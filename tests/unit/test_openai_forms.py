"""Forms as clients write them, and forms that are none."""

from base64 import b64encode

import pytest

from domain.errors import InvalidRequest
from entrypoints.http.openai_api.form_fields import MAX_PARTS, form_fields

TYPE = "multipart/form-data; boundary=XX"
PNG = b"\x89PNG\xff"
FILE = f"data:;base64,{b64encode(PNG).decode()}"


def part(name: str, value: bytes = b"x", more: str = "", type_: str = "") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
    return f"{head}{type_ and f'Content-Type: {type_}'}\r\n".encode() + (
        b"\r\n" * bool(type_) + value + b"\r\n"
    )


def form(*parts: bytes, end: bytes = b"--XX--\r\n") -> bytes:
    return b"".join(parts) + end


NAMED = '; filename="a.png"'
READ: dict[str, tuple[bytes, dict[str, object]]] = {
    "a text": (form(part("prompt", "café".encode())), {"prompt": "café"}),
    "a file": (form(part("image", PNG, NAMED)), {"image": FILE}),
    "a list": (form(part("image[]", PNG, NAMED)), {"image": [FILE]}),
    "numbers in brackets": (form(*(part(f"image[{at}]") for at in "01")), {"image": ["x", "x"]}),
    "the same name thrice": (form(*[part("image")] * 3), {"image": ["x", "x", "x"]}),
    "both names": (form(part("image"), part("image[]")), {"image": ["x", "x"]}),
    "a file without a name": (form(part("image", PNG, type_="image/png")), {"image": FILE}),
    "bytes": (form(part("image", PNG, type_="application/octet-stream")), {"image": FILE}),
    "an input of a page that has no file": (
        form(part("mask", b"", '; filename=""', "application/octet-stream")),
        {"mask": ""},
    ),
    "a text in another charset": (
        form(part("prompt", "café".encode("latin-1"), type_="text/plain; charset=latin-1")),
        {"prompt": "café"},
    ),
}


@pytest.mark.parametrize("case", READ)
def test_a_form_is_read(case: str) -> None:
    body, fields = READ[case]
    assert form_fields(body, TYPE) == fields


NO_FORM = "The body is not valid multipart/form-data: "
REFUSED: dict[str, tuple[bytes, str, str, str]] = {
    "no boundary": (form(part("prompt")), "multipart/form-data", "body", NO_FORM),
    "another boundary": (form(part("prompt")), f"{TYPE}Y", "body", NO_FORM),
    "cut off": (form(part("prompt"), end=b""), TYPE, "body", NO_FORM),
    "nothing": (b"", TYPE, "body", NO_FORM),
    "too many": (form(*[part("x")] * (MAX_PARTS + 1)), TYPE, "body", NO_FORM),
    "an empty file": (form(part("image", b"", NAMED)), TYPE, "image", "The file 'a.png' is empty."),
    "no UTF-8": (form(part("prompt", PNG)), TYPE, "prompt", "The field 'prompt' is no text"),
    "an unknown charset": (
        form(part("prompt", type_="text/plain; charset=nonsense")),
        TYPE,
        "prompt",
        "The field 'prompt' is no text",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_form_is_refused_with_its_reason(case: str) -> None:
    body, type_, field, message = REFUSED[case]
    with pytest.raises(InvalidRequest) as refused:
        form_fields(body, type_)
    assert refused.value.field == field
    assert refused.value.message.startswith(message)
    assert refused.value.hint
