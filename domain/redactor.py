"""Hides secrets in text and data that come from outside."""

import json
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote

HIDDEN = "[hidden]"
MIN_SECRET_LENGTH = 8
"""Shorter ones are placeholders for local endpoints, such as "none" or "x"."""
KEY_LIKE = re.compile(r"\b(sk|sess|org|proj)-[\w*\-]{4,}|\beyJ[\w-]{10,}(\.[\w-]+){1,2}")
"""Providers' keys and identifiers, even if their middle is masked, and tokens (JWT)."""
WINDOW = 100_000
"""Characters of a text that are searched; all stored texts are cut to fewer."""


class Redactor:
    """Hides these secrets in every spelling that a reply may use."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in secret_spellings(secret)}
        self._forms = sorted(forms, key=len, reverse=True)  # a form may contain another one
        self._longest = max(map(len, self._forms), default=0)
        wide = [form.encode(code) for form in self._forms for code in ("utf-16-le", "utf-16-be")]
        self._data_forms = [*(form.encode() for form in self._forms), *wide]

    def text(self, text: str) -> str:
        """The text with HIDDEN for every secret; cut near WINDOW characters."""
        redacted = text[:WINDOW]
        for form in self._forms:
            redacted = redacted.replace(form, HIDDEN)
        # The cut may have split a secret, whose beginning is then the end of the text.
        return redacted if len(text) <= WINDOW else redacted[: len(redacted) - self._longest]

    def error_text(self, text: str) -> str:
        """The same, also without anything that looks like a key: errors may quote other keys."""
        return KEY_LIKE.sub(HIDDEN, self.text(text))

    def data(self, data: bytes) -> bytes:
        """The data with every byte of a secret replaced by an asterisk."""
        for form in self._data_forms:
            data = data.replace(form, b"*" * len(form))
        return data


def secret_spellings(secret: str) -> frozenset[str]:
    """The secret unchanged, escaped for JSON and URLs, in hexadecimal and in base64.

    Empty for a secret of less than MIN_SECRET_LENGTH characters.
    """
    if len(secret) < MIN_SECRET_LENGTH:
        return frozenset()
    quoted = json.dumps(secret)[1:-1]
    url = quote(secret, safe="")
    in_hex = secret.encode().hex()
    escaped = "".join(f"\\u{ord(character):04x}" for character in secret)
    forms = {secret, quoted, quoted.replace("/", "\\/"), escaped, url, url.lower()}
    return frozenset({*forms, in_hex, in_hex.upper(), *_base64_spellings(secret.encode())})


def _base64_spellings(data: bytes) -> Iterator[str]:
    """In base64, and within the base64 of a longer text: three forms, depending on its offset."""
    forms = [b2a_base64(data, newline=False).decode()]
    for offset, unstable in enumerate((0, 2, 3)):
        text = b2a_base64(bytes(offset) + data, newline=False).decode()
        forms.append(text[unstable : (offset + len(data)) * 8 // 6])
    for form in forms:
        yield form
        yield form.replace("+", "-").replace("/", "_")
