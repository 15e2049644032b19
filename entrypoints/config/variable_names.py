"""The names of settings as variables, and names that are nearly one of them."""

import re
from collections.abc import Collection

PREFIX = "gpt_image_"
"""Before every name, in lower case. A variable with it belongs to no other program."""
FILE_SUFFIX = "_file"
"""After the name of a secret: the variable then names a file that has the secret."""
BUDGETS = "budget_"
MAX_EDITS = 2
SHORT_NAME = 5
"""Letters of a name in which a second edit makes another word: HOST and PORT, HOST and ROOT."""

FOREIGN = frozenset(
    {
        "cache_db",
        "cache_tag",
        "cache_url",
        "openai_api_keys",
        "cors_origins",
        "home",
        "post",
        "ports",
        "hosts",
    }
)
"""Names of other well-known programs within MAX_EDITS of one of ours."""
SERVICE_LINK = re.compile(r"service_(host|port\w*)|port(_\d+_\w+)?")
SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


def is_service_link(name: str, value: str) -> bool:
    """Whether Kubernetes has set this variable, for a Service that is named gpt-image."""
    if not name.startswith(PREFIX):
        return False
    rest = name.removeprefix(PREFIX)
    is_port = rest == "port"
    return bool(
        SERVICE_LINK.fullmatch(rest) and (not is_port or SERVICE_ADDRESS.match(value.strip()))
    )


def nearest(name: str, names: Collection[str]) -> str | None:
    """The name that this one is a misspelling of; None if there is none, or it is one of them.

    A misspelling is at most MAX_EDITS letters away; for names of up to SHORT_NAME letters, one.
    """
    if name in names or name in FOREIGN:
        return None
    near = [
        (edits, known)
        for known in names
        if (edits := edit_distance(name, known)) <= (1 if len(known) <= SHORT_NAME else MAX_EDITS)
    ]
    return min(near)[1] if near else None


def ending(name: str, names: Collection[str]) -> str | None:
    """The only name that ends with this one after an underscore, as in `timeout`; else None.

    Among several, it is the one that the end of PREFIX completes, as in `gpt_image_model`, or that
    of OpenAI, which most people have.
    """
    found = [known for known in names if known.endswith(f"_{name}")]
    likely = (each for each in (f"image_{name}", f"openai_{name}") if each in found)
    return next(likely, found[0] if len(found) == 1 else None)


def edit_distance(one: str, other: str) -> int:
    """The letters to insert, remove, replace or swap with their neighbor.

    If there are more than MAX_EDITS, the number is only known to be larger.
    """
    if abs(len(one) - len(other)) > MAX_EDITS:
        return MAX_EDITS + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        above, row, older = row, [at], before
        before = above
        for to, wanted in enumerate(other, 1):
            edits = min(above[to] + 1, row[-1] + 1, above[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                edits = min(edits, older[to - 2] + 1)
            row.append(edits)
        if min(row) > MAX_EDITS:
            break
    return row[-1] if min(row) <= MAX_EDITS else MAX_EDITS + 1
