"""The name of the program that sends a request, for reports of usage."""

import re
from functools import lru_cache

from domain.untrusted_text import single_line

COMMAND_LINE = "gpt-image"
BROWSER = "browser"
MAX_NAME = 60
"""Characters of a name."""
_PRODUCT = re.compile(r"\s*([^\s(;,]+)")
_VERSION = re.compile(r"/v?\d.*$")


@lru_cache(maxsize=128)
def client_name(reported: str) -> str:
    """The name as the client reports it, in one line; empty if it reports none."""
    return single_line(reported.strip(), MAX_NAME)


@lru_cache(maxsize=128)
def product_name(user_agent: str) -> str:
    """The first product in a User-Agent, without its version; empty if there is none.

    All web browsers are `browser`: they call themselves Mozilla.
    """
    product = _PRODUCT.match(user_agent)
    name = client_name(_VERSION.sub("", product[1])) if product else ""
    return BROWSER if name == "Mozilla" else name
