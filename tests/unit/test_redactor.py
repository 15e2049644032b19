"""Secrets are hidden in every spelling, in texts and in data."""

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from domain.redactor import HIDDEN, WINDOW, Redactor, secret_spellings

SECRET = "sk-canary/4d1f+0e9b?7c2a=="
REDACTOR = Redactor([SECRET])
ECHOES = [
    SECRET,
    json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "".join(f"\\u{ord(each):04x}" for each in SECRET),
    quote(SECRET, safe=""),
    quote(SECRET, safe="").lower(),
    SECRET.encode().hex(),
    SECRET.encode().hex().upper(),
    b64encode(SECRET.encode()).decode(),
    b64encode(f"Bearer {SECRET}".encode()).decode(),
    b64encode(f":{SECRET}".encode()).decode(),
    urlsafe_b64encode(f"me:{SECRET}, hello".encode()).decode(),
]


@pytest.mark.parametrize("echo", ECHOES)
def test_a_secret_is_hidden_in_every_spelling(echo: str) -> None:
    text = REDACTOR.text(f"What is {echo} about?")
    assert text.startswith("What is ")
    assert text.endswith(" about?")
    assert HIDDEN in text
    assert not any(form in text for form in secret_spellings(SECRET))


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_data_without_the_secret_keeps_its_length(echo: str, code: str) -> None:
    data = f"What is {echo} about?".encode(code)
    clean = REDACTOR.data(data)
    assert len(clean) == len(data)
    assert b"**" in clean
    assert not any(form.encode(code) in clean for form in secret_spellings(SECRET))


def test_data_that_is_no_secret_is_unchanged() -> None:
    data = bytes(range(256)) * 1000
    assert REDACTOR.data(data) == data
    assert REDACTOR.text("a red bridge") == "a red bridge"


@pytest.mark.parametrize("offset", range(len(SECRET) + 2))
def test_no_beginning_of_a_secret_is_left_where_a_long_text_is_cut(offset: int) -> None:
    text = REDACTOR.text("." * (WINDOW - offset) + SECRET * 3)
    assert len(text) <= WINDOW
    assert "sk-" not in text
    assert text.count(".") > WINDOW - 500


def test_a_placeholder_is_no_secret() -> None:
    assert Redactor(["none", ""]).text("none of the sizes") == "none of the sizes"


def test_only_errors_lose_what_looks_like_a_key() -> None:
    text = "an org-chart, and sk-abc***xyz"
    assert REDACTOR.text(text) == text
    assert REDACTOR.error_text(text) == f"an {HIDDEN}, and {HIDDEN}"


def test_only_errors_lose_what_looks_like_a_token() -> None:
    token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2EifQ.c2lnbmF0dXJl-_"
    redactor = Redactor([])
    assert redactor.error_text(f"Bearer {token}, sent") == f"Bearer {HIDDEN}, sent"
    assert redactor.text(token) == token
